"""Objects: immutable Parquet named by the SHA-256 of its bytes, and the manifest that lists them.

Belongs here: writing frames as objects, checking bytes against names, the manifest value types. Does
not belong here: which objects make a candidate (`candidate.py`) or a release (`gate.py`).
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from orchestration.store.atomic import canonical_json

_ROW_GROUP = 131_072


@dataclass(frozen=True, order=True)
class ObjectRef:
    """One object of a manifest. `month` is `YYYY-MM`, `all` (no date column) or `none` (no rows).

    `size` is in bytes; `release` is the release that first published it, None while it is a
    candidate's own.
    """

    table: str
    month: str
    sha256: str
    rows: int
    size: int
    is_simulated: bool = False
    release: str | None = None

    @property
    def is_new(self) -> bool:
        """Not published yet: to be audited, and to be linked into `published/`."""
        return self.release is None


@dataclass(frozen=True)
class Manifest:
    """The list of objects of a candidate or a release.

    `base` is the release that was current when the candidate was made. `schemas` gives each table's
    columns and types as they are in the objects, `contracts` a hash of each table's declaration.
    """

    objects: tuple[ObjectRef, ...]
    base: str | None
    schemas: dict[str, dict[str, str]] = field(repr=False)
    contracts: dict[str, str] = field(repr=False)

    @property
    def candidate_id(self) -> str:
        """SHA-256 of the object list: table, month, hash, rows."""
        listed = [[o.table, o.month, o.sha256, o.rows] for o in sorted(self.objects)]
        return hashlib.sha256(canonical_json(listed)).hexdigest()

    @property
    def new(self) -> tuple[ObjectRef, ...]:
        """Objects that no release has published."""
        return tuple(o for o in self.objects if o.is_new)

    def of(self, table: str) -> dict[str, ObjectRef]:
        """A table's objects by month, in order."""
        return {o.month: o for o in sorted(self.objects) if o.table == table}

    def published_as(self, release_id: str) -> Manifest:
        """The same list with the new objects ascribed to a release."""
        return replace(self, objects=tuple(replace(o, release=o.release or release_id) for o in self.objects))

    def as_json(self) -> dict[str, Any]:
        """Plain values, to be read back by `from_json`."""
        return {
            "candidate_id": self.candidate_id,
            "base": self.base,
            "objects": [asdict(o) for o in sorted(self.objects)],
            "schemas": self.schemas,
            "contracts": self.contracts,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Manifest:
        """The manifest that `as_json` wrote. Raises `KeyError` or `TypeError` for another shape."""
        return cls(
            tuple(ObjectRef(**o) for o in value["objects"]),
            value["base"],
            value["schemas"],
            value["contracts"],
        )

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read a `manifest.json`."""
        return cls.from_json(json.loads(path.read_bytes()))


def file_name(sha256: str) -> str:
    """Name of an object's file."""
    return f"{sha256}.parquet"


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """The frame as Parquet; the same rows in the same order give the same bytes."""
    buffer = io.BytesIO()
    frame.rechunk().write_parquet(
        buffer,
        compression="zstd",
        compression_level=3,
        statistics=True,
        row_group_size=_ROW_GROUP,
    )
    return buffer.getvalue()


def write_object(folder: Path, table: str, month: str, frame: pl.DataFrame) -> ObjectRef:
    """Write a frame as an object of a candidate; return its entry.

    Not fsynced: publication does that, and a candidate that a crash tears is refused by its hashes.
    """
    data = parquet_bytes(frame)
    sha256 = hashlib.sha256(data).hexdigest()
    (folder / file_name(sha256)).write_bytes(data)
    simulated = "is_simulated" in frame.columns and bool(frame["is_simulated"].any())
    return ObjectRef(table, month, sha256, frame.height, len(data), simulated)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fault(path: Path, ref: ObjectRef) -> str | None:
    """Why the file at `path` is not the object that `ref` names; None if it is."""
    if not path.is_file():
        return f"object_missing: {ref.table} {ref.month}: {ref.sha256[:12]} is not there"
    if path.stat().st_size != ref.size or sha256_of(path) != ref.sha256:
        return f"object_corrupt: {ref.table} {ref.month}: the bytes of {ref.sha256[:12]} have another hash"
    return None
