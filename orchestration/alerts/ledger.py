"""What was told: one notice per beginning and end of a cause, and each try to deliver it. Append-only.

Belongs here: the tables, and which notices a standing leads to. Does not belong here: what a cause is
(`rules.py`), or sending (`channels.py`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from orchestration.alerts.causes import Cause, Kind, RunEnd, Severity, clean
from orchestration.store.sqlite import append_only, instant_text, opened

Event = Literal["alarm", "recovery", "told", "test"]
Outcome = Literal["delivered", "failed", "unknown"]
# Who answers too late may have taken the message: after so many tries it counts as told.
MOST_UNKNOWN = 3

_SCHEMA = append_only(
    {
        "notices": "notice_id integer primary key, at text not null, key text not null, kind text not null,"
        " event text not null, severity text not null, text text not null, channels text not null",
        "deliveries": "notice_id integer not null, channel text not null, at text not null, outcome text not null,"
        " detail text not null",
        "run_ends": "run_end_id integer primary key, at text not null, outcome text not null, what text not null,"
        " message text not null",
    }
)


@dataclass(frozen=True)
class Notice:
    """One thing to tell. An `alarm` lasts until its `recovery`; what is `told` has none; a `test` is not kept."""

    at: datetime
    key: str
    kind: Kind | Literal["test"]
    event: Event
    severity: Severity
    text: str
    channels: tuple[str, ...] = ()
    notice_id: int | None = None


def decide(last: dict[str, Notice], found: Iterable[Cause], looked_at: Collection[Kind], now: datetime) -> list[Notice]:
    """The notices that a standing leads to, by the last notice of each key. Pure.

    A cause that lasts is told when it begins, also when it begins anew; one that is over is told where it never
    was. What was told as lasting and is over, or no longer there, has recovered, if its kind was looked at.
    """
    by_key = {item.key: item for item in found}
    new = []
    for item in by_key.values():
        before = last.get(item.key)
        if before is None or (before.event == "recovery" and not item.is_over):
            event: Event = "told" if item.is_over else "alarm"
            new.append(Notice(now, item.key, item.kind, event, item.severity, item.text))
    for key, notice in last.items():
        lasts = key in by_key and not by_key[key].is_over
        if notice.event == "alarm" and not lasts and notice.kind in looked_at:
            new.append(Notice(now, key, notice.kind, "recovery", notice.severity, notice.text))
    return new


class AlertLedger:
    """The file beside the ledger of fetches; reading it makes none."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with opened(self.path, _SCHEMA) as connection:
            yield connection

    def _rows(self, query: str, *given: object) -> list[sqlite3.Row]:
        if not self.path.exists():
            return []
        with self._open() as connection:
            return connection.execute(query, given).fetchall()

    def run_ended(self, end: RunEnd) -> None:
        """Keep how a run ended."""
        row = (instant_text(end.at), end.outcome, clean(end.what), clean(end.message))
        with self._open() as connection:
            connection.execute("insert into run_ends (at, outcome, what, message) values (?,?,?,?)", row)

    def last_run(self) -> RunEnd | None:
        """How the run ended that ended last."""
        rows = self._rows("select * from run_ends order by at desc, run_end_id desc limit 1")
        return next((RunEnd(_instant(r["at"]), r["outcome"], r["what"], r["message"]) for r in rows), None)

    def last(self) -> dict[str, Notice]:
        """The last notice of each key."""
        rows = self._rows(
            "select * from notices where notice_id in (select max(notice_id) from notices group by key)"
            " order by notice_id"
        )
        return {row["key"]: _notice(row) for row in rows}

    def add(self, notices: Iterable[Notice], channels: Collection[str]) -> None:
        """Keep new notices, to be told through these channels."""
        named = json.dumps(sorted(channels))
        rows = [(instant_text(n.at), n.key, n.kind, n.event, n.severity, n.text, named) for n in notices]
        if rows:
            with self._open() as connection:
                connection.executemany(
                    "insert into notices (at, key, kind, event, severity, text, channels) values (?,?,?,?,?,?,?)", rows
                )

    def waiting(self, channel: str) -> list[Notice]:
        """Notices that this channel has still to tell, oldest first."""
        rows = self._rows(
            "select n.* from notices n where exists (select 1 from json_each(n.channels) where value = ?1)"
            " and not exists (select 1 from deliveries d where d.notice_id = n.notice_id and d.channel = ?1"
            "   and d.outcome = 'delivered')"
            " and (select count(*) from deliveries d where d.notice_id = n.notice_id and d.channel = ?1"
            "   and d.outcome = 'unknown') < ?2"
            " order by n.notice_id",
            channel,
            MOST_UNKNOWN,
        )
        return [_notice(row) for row in rows]

    def tried(self, notices: Iterable[Notice], channel: str, at: datetime, outcome: Outcome, detail: str) -> None:
        """Keep what came of a try to deliver."""
        rows = [(n.notice_id, channel, instant_text(at), outcome, clean(detail)) for n in notices]
        with self._open() as connection:
            connection.executemany("insert into deliveries values (?,?,?,?,?)", rows)

    def newest(self, most: int) -> list[tuple[Notice, str]]:
        """The newest notices, newest first, each with how it was delivered."""
        rows = self._rows(
            "select n.*, (select group_concat(channel || ' ' || outcome, ', ') from"
            " (select d.channel, d.outcome, max(d.rowid) from deliveries d where d.notice_id = n.notice_id"
            "   group by d.channel)) as ways"
            " from notices n order by n.notice_id desc limit ?",
            most,
        )
        return [(_notice(row), row["ways"] or "waits") for row in rows]


def _notice(row: sqlite3.Row) -> Notice:
    return Notice(
        _instant(row["at"]), row["key"], row["kind"], row["event"], row["severity"], row["text"],
        tuple(json.loads(row["channels"])), row["notice_id"],
    )  # fmt: skip


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
