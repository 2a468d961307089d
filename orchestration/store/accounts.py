"""What became of each fetch's rows: published, quarantined or duplicate. Nothing is lost silently.

Belongs here: the counts per fetch. Does not belong here: the rows themselves. The file lies in
`core/` because it is as rebuildable as core is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from orchestration.store.sqlite import opened

_SCHEMA = """
create table if not exists accounts (
    fetch_id integer primary key, feed text not null,
    rows_in integer not null, published integer not null, quarantined integer not null, duplicates integer not null,
    check (rows_in = published + quarantined + duplicates)
);
"""


@dataclass(frozen=True)
class Account:
    """Rows of one fetch. `rows_in` is always the sum of the other three."""

    fetch_id: int
    feed: str
    rows_in: int
    published: int
    quarantined: int
    duplicates: int


class Accounts:
    """The accounts file; refuses a row whose counts do not add up."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def settle(self, accounts: Iterable[Account]) -> None:
        """Store the counts of fetches, replacing what was stored for the same fetch."""
        rows = [(a.fetch_id, a.feed, a.rows_in, a.published, a.quarantined, a.duplicates) for a in accounts]
        with opened(self.path, _SCHEMA) as connection:
            connection.executemany("insert or replace into accounts values (?,?,?,?,?,?)", rows)

    def forget(self, feed: str) -> None:
        """Drop the counts of a feed, so that all of its fetches are processed again."""
        with opened(self.path, _SCHEMA) as connection:
            connection.execute("delete from accounts where feed = ?", (feed,))

    def all(self, feed: str | None = None) -> list[Account]:
        """Stored counts, by fetch id."""
        if not self.path.exists():
            return []
        with opened(self.path, _SCHEMA) as connection:
            rows = connection.execute(
                "select * from accounts where ?1 is null or feed = ?1 order by fetch_id", (feed,)
            ).fetchall()
        return [Account(*row) for row in rows]
