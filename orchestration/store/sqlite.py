"""SQLite files of the store: opened for one call, so that several processes may share them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

_PATIENCE_SECONDS = 30


def instant_text(instant: datetime) -> str:
    """UTC ISO text of fixed width, so that text order is time order."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def append_only(tables: Mapping[str, str]) -> str:
    """SQL that makes tables, name to columns, of which no row can be changed or deleted."""
    return "".join(
        f"create table if not exists {name} ({columns});"
        + "".join(
            f"create trigger if not exists {name}_no_{what} before {what} on {name}"
            f" begin select raise(abort, '{name} is append-only'); end;"
            for what in ("delete", "update")
        )
        for name, columns in tables.items()
    )


@contextmanager
def opened(path: Path, schema: str, synchronous: str = "full") -> Iterator[sqlite3.Connection]:
    """A connection with its tables made; what was done is committed to disk at the end, or not at all.

    `synchronous` normal is for what can be made anew: a quarter of the waiting for the disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=_PATIENCE_SECONDS)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute(f"pragma synchronous = {synchronous}")
        connection.executescript(schema)
        yield connection
        connection.commit()
    finally:
        connection.close()
