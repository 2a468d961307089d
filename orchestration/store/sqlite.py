"""SQLite files of the store: opened for one call, so that several processes may share them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE_SECONDS = 30


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
