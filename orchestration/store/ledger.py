"""The fetch ledger: one row per fetch, append-only.

Belongs here: the record of what was fetched, from where, when, and the hash of what came. Does not
belong here: the bytes (`raw.py`) or what became of their rows (`accounts.py`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from orchestration.store.sqlite import instant_text, opened

_SCHEMA = """
create table if not exists fetches (
    fetch_id integer primary key,
    source text not null, feed text not null, transport text not null,
    locator text not null, partition text, params text not null,
    http_status integer, headers text not null,
    known_at text not null, fetched_at text not null,
    sha256 text not null, size integer not null,
    unique (feed, locator, known_at, sha256, params)
);
create index if not exists fetches_by_hash on fetches (sha256);
create trigger if not exists fetches_keep before delete on fetches
    begin select raise(abort, 'the fetch ledger is append-only'); end;
create trigger if not exists fetches_stay before update on fetches
    begin select raise(abort, 'the fetch ledger is append-only'); end;
"""


@dataclass(frozen=True)
class Fetch:
    """One fetch: request, instants and content hash. `fetch_id` is None until recorded."""

    source: str
    feed: str
    transport: str
    locator: str
    known_at: datetime
    fetched_at: datetime
    sha256: str
    size: int
    partition: date | None = None
    params: dict[str, str] = field(default_factory=dict)
    http_status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    fetch_id: int | None = None

    @property
    def is_simulated(self) -> bool:
        """The bytes come from the sample feeds, directly or as files made of them."""
        return self.transport == "sample" or self.params.get("simulated") == "true"


def _fetch(row: sqlite3.Row) -> Fetch:
    return Fetch(
        source=row["source"],
        feed=row["feed"],
        transport=row["transport"],
        locator=row["locator"],
        known_at=datetime.fromisoformat(row["known_at"]),
        fetched_at=datetime.fromisoformat(row["fetched_at"]),
        sha256=row["sha256"],
        size=row["size"],
        partition=date.fromisoformat(row["partition"]) if row["partition"] else None,
        params=json.loads(row["params"]),
        http_status=row["http_status"],
        headers=json.loads(row["headers"]),
        fetch_id=row["fetch_id"],
    )


class Ledger:
    """The ledger file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def record(self, fetches: Iterable[Fetch]) -> int:
        """Add fetches in one transaction; return how many were new.

        A fetch of the same feed, locator, instant, bytes and parameters is the same fetch and is not
        added twice.
        The blobs must be in the raw store before this is called.
        """
        rows = [
            (f.source, f.feed, f.transport, f.locator, f.partition and f.partition.isoformat(),
             json.dumps(f.params, sort_keys=True), f.http_status, json.dumps(f.headers, sort_keys=True),
             instant_text(f.known_at), instant_text(f.fetched_at), f.sha256, f.size)
            for f in fetches
        ]  # fmt: skip
        with opened(self.path, _SCHEMA) as connection:
            before = connection.total_changes
            connection.executemany(
                "insert or ignore into fetches (source, feed, transport, locator, partition, params, http_status,"
                " headers, known_at, fetched_at, sha256, size) values (?,?,?,?,?,?,?,?,?,?,?,?)",
                rows,
            )
            return connection.total_changes - before

    def fetches(self, feed: str | None = None, sha256: str | None = None) -> list[Fetch]:
        """Fetches in the order in which their content became known, optionally of one feed or hash.

        Of fetches that differ only in their parameters (a mended inbox map) the newest counts.
        """
        if not self.path.exists():
            return []
        with opened(self.path, _SCHEMA) as connection:
            rows = connection.execute(
                "select * from fetches where fetch_id in (select max(fetch_id) from fetches"
                " where (?1 is null or feed = ?1) and (?2 is null or sha256 = ?2)"
                " group by feed, locator, known_at, sha256) order by known_at, sha256, fetch_id",
                (feed, sha256),
            ).fetchall()
        return [_fetch(row) for row in rows]

    def instants(self, feed: str, transport: str, since: datetime | None = None) -> list[datetime]:
        """When content of a feed became known by one transport, oldest first."""
        if not self.path.exists():
            return []
        with opened(self.path, _SCHEMA) as connection:
            rows = connection.execute(
                "select distinct known_at from fetches where feed = ? and transport = ? and known_at >= ? order by 1",
                (feed, transport, instant_text(since) if since else ""),
            ).fetchall()
        return [datetime.fromisoformat(row["known_at"]) for row in rows]

    def last_instants(self, transport: str) -> dict[str, datetime]:
        """Per feed, when content of it last became known by one transport."""
        if not self.path.exists():
            return {}
        with opened(self.path, _SCHEMA) as connection:
            rows = connection.execute(
                "select feed, max(known_at) as at from fetches where transport = ? group by feed", (transport,)
            ).fetchall()
        return {row["feed"]: datetime.fromisoformat(row["at"]) for row in rows}

    def last_change(self, feed: str) -> datetime | None:
        """When the feed last brought bytes that it had not brought before."""
        if not self.path.exists():
            return None
        with opened(self.path, _SCHEMA) as connection:
            row = connection.execute(
                "select max(first) as at from"
                " (select min(known_at) as first from fetches where feed = ? group by sha256)",
                (feed,),
            ).fetchone()
        return datetime.fromisoformat(row["at"]) if row["at"] else None

    def holds_simulation(self) -> bool | None:
        """Whether the fetches so far are of the sample feeds; None where there is none yet."""
        if not self.path.exists():
            return None
        with opened(self.path, _SCHEMA) as connection:
            row = connection.execute("select * from fetches order by fetch_id limit 1").fetchone()
        return _fetch(row).is_simulated if row else None

    def summary(self) -> list[dict[str, object]]:
        """Per feed: fetches, first and last `known_at`, last `fetched_at`, transports."""
        if not self.path.exists():
            return []
        with opened(self.path, _SCHEMA) as connection:
            rows = connection.execute(
                "select feed, count(*) as fetches, min(known_at) as first_known_at, max(known_at) as last_known_at,"
                " max(fetched_at) as last_fetched_at, group_concat(distinct transport) as transports"
                " from fetches group by feed order by feed"
            ).fetchall()
        return [dict(row) for row in rows]
