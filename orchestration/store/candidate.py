"""Candidates: the marts as content-addressed objects, waiting for a verdict.

Belongs here: what of the build becomes which object. Does not belong here: whether it may be
published (`audit/`, `gate.py`). Nothing here touches `published/`.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from orchestration.store.atomic import canonical_json, make_dir, temporary, write_json
from orchestration.store.layout import Layout
from orchestration.store.objects import Manifest, ObjectRef, file_name, write_object
from orchestration.store.releases import current
from schemas.table import Table
from schemas.tables import MARTS

if TYPE_CHECKING:
    import duckdb

WHOLE = "all"
NONE = "none"
_MONTH = "month of row"
_MONTHS_AT_ONCE = 24
_KEPT = 10


class NoSuchCandidate(LookupError):
    """No candidate of this id is on disk, or its manifest cannot be read."""


@dataclass(frozen=True)
class Candidate:
    """A candidate on disk: `folder/{manifest.json,objects/}` and, once audited, the verdict."""

    candidate_id: str
    folder: Path
    manifest: Manifest

    def path(self, layout: Layout, ref: ObjectRef) -> Path:
        """Where an object of the candidate lies: its own folder, or `published/` if carried over."""
        return (self.folder / "objects" if ref.is_new else layout.objects) / file_name(ref.sha256)


def contract(table: Table) -> str:
    """Hash of what a table promises: columns, types, units, nulls, checks, grain."""
    columns = [[c.name, str(c.dtype), c.unit, c.nullable, [repr(k) for k in c.checks]] for c in table.columns]
    return hashlib.sha256(canonical_json([columns, list(table.grain), table.date_column])).hexdigest()


def load_candidate(layout: Layout, candidate_id: str) -> Candidate:
    """The candidate as it is on disk, unverified."""
    folder = layout.candidates / candidate_id
    try:
        return Candidate(candidate_id, folder, Manifest.read(folder / "manifest.json"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoSuchCandidate(f"candidate {candidate_id[:12]} cannot be read: {error}") from error


def build_candidate(layout: Layout, dirty: Mapping[str, AbstractSet[str]] | None) -> Candidate:
    """Write the marts in `build/` as objects, one per table and month; return the candidate.

    `dirty` gives the months to write anew per table (None: everything); others are carried over by
    name from the current release. A month that the release lacks is written in any case, as are whole
    tables without a date and tables whose declaration changed. A table that the build lacks has no
    object, and a column that it lacks is missing from the object: the audit names them.
    """
    import duckdb

    release = current(layout)
    base = release.manifest if release else Manifest((), None, {}, {})
    unfinished = temporary(layout.candidates / "candidate")
    make_dir(unfinished / "objects")
    objects: list[ObjectRef] = []
    schemas: dict[str, dict[str, str]] = {}
    with duckdb.connect(str(layout.warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for table in (t for t in MARTS if t.name in _built(connection)):
            old = base.of(table.name)
            anew, carried = _plan(table, _months(connection, table), base, dirty)
            if carried:
                schemas[table.name] = base.schemas[table.name]
                objects += (old[month] for month in carried)
            for month, frame in _frames(connection, table, anew):
                schemas[table.name] = {name: str(dtype) for name, dtype in frame.schema.items()}
                ref = write_object(unfinished / "objects", table.name, month, frame)
                same = old.get(month)
                objects.append(same if same and same.sha256 == ref.sha256 else ref)
    base_id = release.release_id if release else None
    contracts = {table.name: contract(table) for table in MARTS}
    return _settle(layout, unfinished, Manifest(tuple(sorted(objects)), base_id, schemas, contracts))


def _built(connection: duckdb.DuckDBPyConnection) -> set[str]:
    query = "select table_name from information_schema.tables where table_schema = 'main'"
    return {row[0] for row in connection.execute(query).fetchall()}


def _columns(connection: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    return [row[0] for row in connection.execute(f'describe "{table.name}"').fetchall()]


def _month_sql(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """Partition of a row as SQL; rows without a date are in `none`, where the audit meets them."""
    if not table.date_column:
        return f"'{WHOLE}'"
    if table.date_column not in _columns(connection, table):
        return f"'{NONE}'"
    return f"coalesce(strftime(try_cast(\"{table.date_column}\" as date), '%Y-%m'), '{NONE}')"


def _months(connection: duckdb.DuckDBPyConnection, table: Table) -> set[str]:
    """Partitions that the built table has rows in; `none` where it has no rows."""
    query = f'select distinct {_month_sql(connection, table)} from "{table.name}"'
    found = {row[0] for row in connection.execute(query).fetchall()}
    return found or {NONE if table.date_column else WHOLE}


def _plan(
    table: Table, months: set[str], base: Manifest, dirty: Mapping[str, AbstractSet[str]] | None
) -> tuple[set[str], set[str]]:
    """Months to write anew, and months to carry over. A dirty month that the build lacks is in neither."""
    same_contract = base.contracts.get(table.name) == contract(table)
    if dirty is None or not table.date_column or not same_contract:
        return months, set()
    old = base.of(table.name).keys()
    stale = dirty.get(table.name, set())
    anew = {month for month in months if month not in old or month in stale or month == NONE}
    return anew, {month for month in old if month not in anew and month not in stale and month != NONE}


def _frames(
    connection: duckdb.DuckDBPyConnection, table: Table, months: AbstractSet[str]
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Rows of the built table by month: the table's columns and types, in the order of the grain."""
    ordered = sorted(months)
    month_of = _month_sql(connection, table)
    query = f'select *, {month_of} as "{_MONTH}" from "{table.name}" where "{_MONTH}" in $months'
    for start in range(0, len(ordered), _MONTHS_AT_ONCE):
        chunk = ordered[start : start + _MONTHS_AT_ONCE]
        rows = _conformed(connection.execute(query, {"months": chunk}).pl(), table)
        found = rows.partition_by(_MONTH, as_dict=True, include_key=False, maintain_order=True)
        for month in chunk:
            yield month, found.get((month,), rows.clear().drop(_MONTH))


def _conformed(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Columns in the table's order with its types, strangers after them, rows in the order of the grain.

    A value that cannot be cast leaves its column as it is, for the audit to name.
    """
    schema = table.schema
    known = [name for name in schema if name in frame.columns]
    strangers = [name for name in frame.columns if name not in schema]
    for name in known:
        if frame.schema[name] != schema[name]:
            with suppress(pl.exceptions.PolarsError):
                frame = frame.with_columns(pl.col(name).cast(schema[name]))
    # Ties (a key given twice) are ordered by the rest of the row, so that bytes do not vary.
    key = [name for name in table.grain if name in known]
    rest = [name for name in (*known, *strangers) if name not in key]
    return frame.select(*known, *strangers).sort(*key, *rest, nulls_last=True)


def _settle(layout: Layout, unfinished: Path, manifest: Manifest) -> Candidate:
    """Give the candidate's folder its name. One of the same id is replaced, its verdict with it."""
    write_json(unfinished / "manifest.json", manifest.as_json())
    folder = layout.candidates / manifest.candidate_id
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    newest = sorted(layout.candidates.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in newest[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return Candidate(manifest.candidate_id, folder, manifest)
