"""Copies of what cannot be made again: the ledgers beside every run, and all raw bytes to another disk.

Belongs here: copying whole or not at all, and putting a ledger back. Does not belong here: what is rebuilt from raw
bytes (core, build, published). Blobs do not say whence they came, so a lost ledger cannot be made from them.

Ledgers only ever grow: one with fewer rows than its copy has been lost and begun anew, and never replaces the copy.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from orchestration.recorder.segments import sealed_paths
from orchestration.sources.base import SourceError
from orchestration.store.atomic import fsync_dir, fsync_file, make_dir, temporary
from orchestration.store.layout import Layout
from orchestration.store.ledger import Ledger


class Shrunken(SourceError):
    """A ledger has fewer rows than its copy."""


@dataclass(frozen=True)
class Copied:
    """What a backup added to what was there; `missing` are blobs of the ledger that are in neither place."""

    blobs: int
    segments: int
    size: int
    missing: int


def ledgers(layout: Layout) -> tuple[Path, ...]:
    """The files that are not to be made again, the ledger of fetches first."""
    return layout.ledger, layout.feed_log, layout.alerts


def keep(layout: Layout) -> None:
    """Copy the ledgers beside the run that has changed them. Raises `Shrunken`."""
    for path in ledgers(layout):
        copy = layout.backup / path.name
        if path.exists() and not (copy.exists() and copy.stat().st_mtime_ns >= path.stat().st_mtime_ns):
            _copy(path, copy)


def lost(layout: Layout) -> list[Path]:
    """Ledgers that are gone while their copies are there."""
    return [path for path in ledgers(layout) if not path.exists() and (layout.backup / path.name).exists()]


def refuse_a_loss(layout: Layout) -> None:
    """Raises `SourceError` where a run would begin a lost ledger anew, and give old numbers to new fetches."""
    if gone := lost(layout):
        names = " and ".join(path.name for path in gone)
        raise SourceError(
            f"{names} is gone from {gone[0].parent}: `sluice doctor --repair` puts back the last run's copy"
        )


def damaged(layout: Layout) -> list[Path]:
    """Ledgers that SQLite cannot read."""
    return [path for path in ledgers(layout) if path.exists() and not _is_whole(path)]


def put_back(layout: Layout) -> list[Path]:
    """Restore the ledgers that are lost or damaged; a damaged one is set aside. Those that have no copy stay."""
    mended = []
    for path in [*lost(layout), *damaged(layout)]:
        copy = layout.backup / path.name
        if not copy.exists():
            continue
        if path.exists():
            path.rename(path.with_name(f"{path.name}.damaged"))
        for side in ("-journal", "-wal", "-shm"):
            path.with_name(path.name + side).unlink(missing_ok=True)
        _copy(copy, path)
        mended.append(path)
    return mended


def back_up(layout: Layout, target: Path) -> Copied:
    """Bring a folder, best on another disk, up to date: raw bytes first, the ledgers that name them last.

    Whenever it is killed, the folder holds every blob that its ledger names and that was not lost. Raises `Shrunken`.
    """
    there = Layout(target)
    make_dir(there.blobs)
    unfinished = []
    try:
        for path, copy in zip(ledgers(layout), ledgers(there), strict=True):
            if path.exists():
                unfinished.append((_snapshot(path, copy), copy))
        hashes = {fetch.sha256 for fetch in Ledger(unfinished[0][0]).fetches()} if layout.ledger.exists() else set()
        blobs = [f"{sha256[:2]}/{sha256}.zst" for sha256 in sorted(hashes)]
        sizes = [_add(layout.blobs / name, there.blobs / name) for name in blobs]
        missing = sum(not (there.blobs / name).exists() for name in blobs)
        streams = sorted(path for path in layout.recorder.glob("*/*") if path.is_dir())
        segments = [path.relative_to(layout.recorder) for stream in streams for path in sealed_paths(stream)]
        recorded = [_add(layout.recorder / name, there.recorder / name) for name in segments]
        for made, copy in unfinished:
            made.replace(copy)
            fsync_dir(copy.parent)
    finally:
        for made, _ in unfinished:
            made.unlink(missing_ok=True)
    return Copied(sum(s > 0 for s in sizes), sum(s > 0 for s in recorded), sum(sizes) + sum(recorded), missing)


def _add(source: Path, target: Path) -> int:
    """Copy a file that never changes, if it is here and not there; how many bytes that was."""
    if target.exists() or not source.exists():
        return 0
    make_dir(target.parent)
    unfinished = temporary(target)
    try:
        shutil.copyfile(source, unfinished)
        fsync_file(unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target.stat().st_size


def _copy(source: Path, target: Path) -> None:
    """Put a copy in place in one rename."""
    made = _snapshot(source, target)
    made.replace(target)
    fsync_dir(target.parent)


def _snapshot(source: Path, target: Path) -> Path:
    """A copy beside the target, under a temporary name and on disk, by SQLite's own backup."""
    make_dir(target.parent)
    unfinished = temporary(target)
    try:
        with closing(_read_only(source)) as given, closing(sqlite3.connect(unfinished)) as made:
            given.backup(made)
            if target.exists() and _is_whole(target) and _is_less(made, target):
                raise Shrunken(
                    f"{source} has fewer rows than its copy {target}: it was lost and begun anew. "
                    "Move it away, and `sluice doctor --repair` puts the copy back"
                )
        fsync_file(unfinished)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return unfinished


def _is_less(made: sqlite3.Connection, target: Path) -> bool:
    with closing(_read_only(target)) as there:
        before, now = dict(_counts(there)), dict(_counts(made))
    return any(now.get(name, 0) < count for name, count in before.items())


def _counts(connection: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    names = connection.execute("select name from sqlite_master where type = 'table' order by 1").fetchall()
    for (name,) in names:
        yield name, connection.execute(f'select count(*) from "{name}"').fetchone()[0]


def _is_whole(path: Path) -> bool:
    try:
        with closing(_read_only(path)) as connection:
            return connection.execute("pragma quick_check").fetchone()[0] == "ok"
    except sqlite3.DatabaseError:
        return False


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
