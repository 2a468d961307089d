"""Releases as readers find them: list, look up, compare, open, roll back, clear away.

Belongs here: everything done with releases that exist. Does not belong here: making one (`gate.py`).
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from orchestration.store.atomic import fsync_dir, replace_symlink
from orchestration.store.layout import Layout
from orchestration.store.lock import publication_lock
from orchestration.store.objects import Manifest, fault, file_name

if TYPE_CHECKING:
    import duckdb

CATALOGUE = "catalogue.duckdb"
AUDIT = "audit.parquet"
VERDICT = "verdict.json"
UNFINISHED = ".tmp"


class NoSuchRelease(LookupError):
    """No release has this id, or none of that beginning, or several have."""


class ReleaseCorrupt(RuntimeError):
    """A release's objects or catalogue are missing or hold other bytes than their names say."""


@dataclass(frozen=True)
class Release:
    """One release. `published_at` is a UTC instant."""

    release_id: str
    published_at: datetime
    folder: Path
    manifest: Manifest

    @property
    def candidate_id(self) -> str:
        """The candidate that it publishes."""
        return self.manifest.candidate_id

    @property
    def catalogue(self) -> Path:
        """Its DuckDB file."""
        return self.folder / CATALOGUE

    @property
    def is_simulated(self) -> bool:
        """Whether any row comes from the sample feeds."""
        return any(o.is_simulated for o in self.manifest.objects)

    @property
    def tables(self) -> int:
        """Number of tables."""
        return len({o.table for o in self.manifest.objects})

    @property
    def rows(self) -> int:
        """Number of rows of all tables."""
        return sum(o.rows for o in self.manifest.objects)

    def by_table(self) -> list[tuple[str, int, int]]:
        """Per table: name, rows, objects."""
        names = sorted({o.table for o in self.manifest.objects})
        parts = [(name, self.manifest.of(name).values()) for name in names]
        return [(name, sum(o.rows for o in refs), len(refs)) for name, refs in parts]

    def object_names(self) -> list[str]:
        """File names of its objects."""
        return sorted({file_name(o.sha256) for o in self.manifest.objects})


@dataclass(frozen=True)
class Cleared:
    """What `gc` removes: release ids, and objects that no kept release lists, with their size in bytes."""

    releases: tuple[str, ...]
    objects: tuple[str, ...]
    size: int


def _read(folder: Path) -> Release:
    value = json.loads((folder / "manifest.json").read_bytes())
    return Release(
        value["release_id"],
        datetime.fromisoformat(value["published_at"]),
        folder,
        Manifest.from_json(value),
    )


def list_releases(layout: Layout) -> list[Release]:
    """Releases, oldest first."""
    folders = (f for f in layout.releases.glob("*") if f.suffix != UNFINISHED and f.is_dir())
    return sorted((_read(folder) for folder in folders), key=lambda r: (r.published_at, r.release_id))


def current(layout: Layout) -> Release | None:
    """The release that readers see; None before the first.

    Raises `ReleaseCorrupt` where the link leads nowhere.
    """
    if not layout.current.is_symlink():
        return None
    folder = (layout.current.parent / os.readlink(layout.current)).parent
    try:
        return _read(folder)
    except FileNotFoundError as error:
        raise ReleaseCorrupt(f"the link to the current release leads to {folder.name}, which is gone") from error


def get(layout: Layout, release_id: str | None = None) -> Release:
    """The release of this id or beginning of an id; the current one without an id."""
    if release_id is None:
        found = current(layout)
        if found is None:
            raise NoSuchRelease("nothing has been published yet: `sluice run` publishes")
        return found
    matching = [r for r in list_releases(layout) if r.release_id.startswith(release_id)]
    if len(matching) != 1:
        many = f"{len(matching)} releases begin with" if matching else "no release has the id"
        raise NoSuchRelease(f"{many} {release_id!r}: `sluice release list` shows them")
    return matching[0]


def faults(layout: Layout, manifest: Manifest) -> list[str]:
    """Published objects of a manifest that are missing or corrupt, each with its reason."""
    found = (fault(layout.objects / file_name(o.sha256), o) for o in manifest.objects if not o.is_new)
    return [reason for reason in found if reason]


def rollback(layout: Layout, release_id: str) -> Release:
    """Point readers at an earlier release, after verifying its objects.

    Raises `NoSuchRelease`, `ReleaseCorrupt`, `Busy`, `Unwritable`.
    """
    get(layout, release_id)  # a wrong id must not make an empty data directory
    with publication_lock(layout):
        release = get(layout, release_id)
        wrong = faults(layout, release.manifest)
        if not release.catalogue.is_file():
            wrong.append("the catalogue is missing")
        if wrong:
            raise ReleaseCorrupt(f"{release.release_id}: {'; '.join(wrong[:5])}")
        point_at(layout, release.release_id)
        return release


def point_at(layout: Layout, release_id: str) -> None:
    """Swap the readers' link, in one rename. The caller holds the lock."""
    replace_symlink(layout.current, Path("releases") / release_id / CATALOGUE)


def gc(layout: Layout, keep: int, dry_run: bool = False) -> Cleared:
    """Remove all but the newest `keep` releases and the current one, then objects that none lists.

    A reader that still has a removed release open loses its objects.
    """
    if keep < 1:
        raise ValueError("keep at least one release")
    with publication_lock(layout):
        releases = list_releases(layout)
        now = current(layout)
        kept = {r.release_id for r in releases[-keep:]} | ({now.release_id} if now else set())
        gone = [r for r in releases if r.release_id not in kept]
        listed = {file_name(o.sha256) for r in releases if r.release_id in kept for o in r.manifest.objects}
        loose = sorted(p for p in layout.objects.glob("*.parquet") if p.name not in listed)
        cleared = Cleared(
            tuple(r.release_id for r in gone),
            tuple(p.stem for p in loose),
            sum(p.stat().st_size for p in loose),
        )
        if not dry_run:
            for release in gone:
                unfinished = release.folder.with_name(release.folder.name + UNFINISHED)
                release.folder.rename(unfinished)
                shutil.rmtree(unfinished)
            for path in loose:
                path.unlink()
            for folder in (layout.releases, layout.objects):
                if folder.is_dir():
                    fsync_dir(folder)
        return cleared


def diff(before: Manifest | None, after: Manifest) -> pl.DataFrame:
    """Objects that differ: `table, month, change (added|removed|changed), rows_before, rows_after`."""
    old = {(o.table, o.month): o for o in (before.objects if before else ())}
    new = {(o.table, o.month): o for o in after.objects}
    rows = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was and now and was.sha256 == now.sha256:
            continue
        change = "added" if was is None else "removed" if now is None else "changed"
        rows.append((*key, change, was.rows if was else None, now.rows if now else None))
    schema = {
        "table": pl.String,
        "month": pl.String,
        "change": pl.String,
        "rows_before": pl.Int64,
        "rows_after": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def changes(layout: Layout, release: Release) -> list[tuple[str, int, int]]:
    """Per table that differs from the release before: name, rows added, rows removed, net per partition."""
    base = release.manifest.base
    before = [r for r in list_releases(layout) if r.release_id == base]
    found = diff(before[0].manifest if before else None, release.manifest)
    net = pl.col("rows_after").fill_null(0) - pl.col("rows_before").fill_null(0)
    summed = found.group_by("table", maintain_order=True).agg(
        added=net.clip(lower_bound=0).sum(), removed=(-net).clip(lower_bound=0).sum()
    )
    return [(name, added, removed) for name, added, removed in summed.iter_rows()]


def audit_rows(layout: Layout, release: Release) -> pl.DataFrame:
    """The rows of the verdict that let the release out."""
    return pl.read_parquet(release.folder / AUDIT)


def refused(layout: Layout) -> pl.DataFrame | None:
    """The audit rows that refuse the newest audited candidate; None if it passed, or there is none."""
    verdicts = sorted(layout.candidates.glob(f"*/{VERDICT}"), key=lambda path: path.stat().st_mtime)
    if not verdicts:
        return None
    rows = pl.read_parquet(verdicts[-1].parent / AUDIT)
    failed = rows.filter((pl.col("severity") == "error") & ~pl.col("passed"))
    return None if failed.is_empty() else failed


def open_release(layout: Layout, release_id: str | None = None) -> duckdb.DuckDBPyConnection:
    """A connection to a release (the current one without an id) that reads its objects and nothing else.

    Instants show in UTC. No setting can be changed and no other file opened. Python's own variables are
    not tables.
    """
    import duckdb

    connection = duckdb.connect(str(get(layout, release_id).catalogue), read_only=True)
    objects = str(layout.objects.absolute()).replace("'", "''")
    for setting in (
        "TimeZone = 'UTC'",
        "python_enable_replacements = false",
        f"allowed_directories = ['{objects}']",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"set {setting}")
    return connection
