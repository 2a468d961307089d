"""What became of fetching: failures and recoveries, feeds that were on, snapshots that nobody took. Append-only.

Belongs here: the tables and their rows. Does not belong here: what was fetched (`ledger.py`), or which
snapshot counts as missed (`snapshots.py`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from orchestration.redaction import redact
from orchestration.store.layout import Layout
from orchestration.store.sqlite import append_only, instant_text, opened

_SCHEMA = append_only(
    {
        "fetch_failures": "failure_id integer primary key, feed text not null, partition text, at text not null,"
        " is_transient integer not null, message text not null",
        "fetch_recoveries": "feed text not null, at text not null, unique (feed, at)",
        "watched": "feed text not null, at text not null, is_on integer not null, unique (feed, at)",
        "missed_snapshots": "feed text not null, partition text not null, due_at text not null,"
        " recorded_at text not null, reason text not null, unique (feed, due_at)",
    }
)


@dataclass(frozen=True)
class Failure:
    """A fetch that did not come. `partition` is the day of its batch."""

    feed: str
    at: datetime
    message: str
    is_transient: bool = True
    partition: date | None = None


@dataclass(frozen=True)
class Failing:
    """A feed's failures that no whole fetch has followed; or has, at `recovered_at`."""

    feed: str
    first: Failure
    last: Failure
    times: int
    recovered_at: datetime | None = None

    @property
    def since(self) -> datetime:
        """When it began."""
        return self.first.at


@dataclass(frozen=True)
class Missed:
    """A snapshot that was not taken and never will be."""

    feed: str
    partition: date
    due_at: datetime
    recorded_at: datetime
    reason: str


class FeedLog:
    """The file beside the ledger; reading it makes none."""

    def __init__(self, layout: Layout) -> None:
        self._path = layout.feed_log

    @property
    def exists(self) -> bool:
        """Whether any live feed was ever asked for."""
        return self._path.exists()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with opened(self._path, _SCHEMA) as connection:
            yield connection

    def _rows(self, query: str, *given: object) -> list[sqlite3.Row]:
        if not self.exists:
            return []
        with self._open() as connection:
            return connection.execute(query, given).fetchall()

    def record_attempts(self, attempted: Collection[str], failures: Iterable[Failure], at: datetime) -> None:
        """Record the failures of one round of fetches; a feed that was asked for and has none recovers at `at`.

        One series of a feed that failed is a failed feed: another series of it that came is no recovery.
        """
        failed = list(failures)
        well = set(attempted) - {failure.feed for failure in failed}
        recovered = [failing.feed for failing in self.failing() if failing.feed in well and not failing.recovered_at]
        if not failed and not recovered:
            return
        with self._open() as connection:
            connection.executemany(
                "insert into fetch_failures (feed, partition, at, is_transient, message) values (?,?,?,?,?)",
                [
                    (f.feed, f.partition and f.partition.isoformat(), instant_text(f.at), int(f.is_transient),
                     redact(f.message)) for f in failed
                ],
            )  # fmt: skip
            connection.executemany(
                "insert or ignore into fetch_recoveries values (?,?)", [(feed, instant_text(at)) for feed in recovered]
            )

    def failures(self, feed: str | None = None) -> list[Failure]:
        """All failures, oldest first."""
        rows = self._rows("select * from fetch_failures where ?1 is null or feed = ?1 order by at, failure_id", feed)
        return [
            Failure(
                row["feed"],
                datetime.fromisoformat(row["at"]),
                row["message"],
                bool(row["is_transient"]),
                date.fromisoformat(row["partition"]) if row["partition"] else None,
            )
            for row in rows
        ]

    def recoveries(self, feed: str) -> list[datetime]:
        """When the feed was fetched whole after it had failed."""
        rows = self._rows("select at from fetch_recoveries where feed = ? order by at", feed)
        return [datetime.fromisoformat(row["at"]) for row in rows]

    def failing(self) -> list[Failing]:
        """Per feed that ever failed, its newest run of failures; with `recovered_at` where it is over."""
        by_feed: dict[str, list[Failure]] = {}
        for failure in self.failures():
            by_feed.setdefault(failure.feed, []).append(failure)
        found = []
        for feed, failures in sorted(by_feed.items()):
            recoveries = self.recoveries(feed)
            after = next((at for at in recoveries if at >= failures[-1].at), None)
            before = max((at for at in recoveries if at != after), default=None)
            own = [failure for failure in failures if before is None or failure.at > before]
            found.append(Failing(feed, own[0], own[-1], len(own), after))
        return found

    def watch(self, feeds: Collection[str], on: Collection[str], at: datetime) -> None:
        """Note which of these feeds are on; only changes are rows."""
        states = {feed: self.is_watched(feed, at) for feed in feeds}
        changes = [(feed, instant_text(at), int(feed in on)) for feed, was in states.items() if was is not (feed in on)]
        changes = [change for change in changes if change[2] or states[change[0]] is not None]
        if changes:
            with self._open() as connection:
                connection.executemany("insert or ignore into watched values (?,?,?)", changes)

    def spans(self, feed: str) -> list[tuple[datetime, bool]]:
        """When the feed went on and off."""
        rows = self._rows("select at, is_on from watched where feed = ? order by at", feed)
        return [(datetime.fromisoformat(row["at"]), bool(row["is_on"])) for row in rows]

    def is_watched(self, feed: str, at: datetime) -> bool | None:
        """Whether the feed was on at an instant; None before anybody looked at it."""
        states = [is_on for when, is_on in self.spans(feed) if when <= at]
        return states[-1] if states else None

    def record_missed(self, missed: Iterable[Missed]) -> None:
        """Record snapshots as missed; one that is recorded already stays as it was recorded."""
        rows = [
            (m.feed, m.partition.isoformat(), instant_text(m.due_at), instant_text(m.recorded_at), redact(m.reason))
            for m in missed
        ]
        if rows:
            with self._open() as connection:
                connection.executemany("insert or ignore into missed_snapshots values (?,?,?,?,?)", rows)

    def missed(self, feed: str | None = None) -> list[Missed]:
        """Snapshots recorded as missed, oldest first."""
        rows = self._rows("select * from missed_snapshots where ?1 is null or feed = ?1 order by due_at, feed", feed)
        return [
            Missed(
                row["feed"],
                date.fromisoformat(row["partition"]),
                datetime.fromisoformat(row["due_at"]),
                datetime.fromisoformat(row["recorded_at"]),
                row["reason"],
            )
            for row in rows
        ]
