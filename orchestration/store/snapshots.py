"""Snapshots that were due: taken, missed, or still due.

Belongs here: the rule by which a due instant counts as served. Does not belong here: the rows (`feed_log.py`),
or filling the gap: what was missed stays missing, it is no zero and not the value of the day before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from orchestration.sources.http.contract import Connector
from orchestration.sources.http.due import batch_day, instants, serves
from orchestration.store.feed_log import FeedLog, Missed
from orchestration.store.layout import Layout
from orchestration.store.ledger import Ledger

LOOK_BACK = timedelta(days=35)
State = Literal["taken", "missed", "due"]


@dataclass(frozen=True)
class Due:
    """One due instant of a feed and what became of it."""

    feed: str
    at: datetime
    partition: date
    state: State
    reason: str = ""


def states(layout: Layout, connector: Connector, now: datetime, grace: timedelta) -> list[Due]:
    """Every due instant of a snapshot feed in the last 35 days at which it was on, oldest first.

    Taken is what was fetched between the instant and the end of its grace, and whole: of a snapshot in several
    requests the part that failed is as lost as the whole.
    """
    log, start = FeedLog(layout), now - LOOK_BACK
    on = _on(log.spans(connector.feed), start, now)
    fetched = Ledger(layout.ledger).instants(connector.feed, "http", start)
    taken = {serves(connector, at, grace) for at in fetched}
    failures = [failure for failure in log.failures(connector.feed) if failure.at >= start]
    failed = {serves(connector, failure.at, grace): failure.message for failure in failures}
    whole = {serves(connector, at, grace) for at in log.recoveries(connector.feed)}
    found = []
    for first, last in on:
        for at in instants(connector, first, last):
            state: State = "due" if now <= at + grace else "missed"
            reason = "" if state == "due" else failed.get(at, "no run fetched it")
            if at in taken and (at not in failed or at in whole):
                state, reason = "taken", ""
            elif at in taken:
                reason = f"in part: {failed[at]}"
            found.append(Due(connector.feed, at, batch_day(at, connector), state, reason))
    return found


def _on(spans: list[tuple[datetime, bool]], start: datetime, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The times between `start` and `now` in which the feed was on."""
    ends = [at for at, _ in spans[1:]] + [now + timedelta(microseconds=1)]
    for (begins, is_on), end in zip(spans, ends, strict=bool(spans)):
        if is_on and end > start:
            yield max(begins, start), min(end, now + timedelta(microseconds=1))


def missed(layout: Layout, connectors: Iterable[Connector], now: datetime, grace: timedelta) -> list[Missed]:
    """What is recorded as missed, and what has been missed since; oldest first. Writes nothing."""
    known = {(item.feed, item.due_at): item for item in FeedLog(layout).missed()}
    for connector in connectors:
        if connector.kind == "snapshot":
            for due in states(layout, connector, now, grace):
                if due.state == "missed":
                    item = Missed(due.feed, due.partition, due.at, now, due.reason)
                    known.setdefault((due.feed, due.at), item)
    return sorted(known.values(), key=lambda item: (item.due_at, item.feed))


def record_missed(layout: Layout, connectors: Iterable[Connector], now: datetime, grace: timedelta) -> list[Missed]:
    """Record what has been missed up to now; all that is recorded."""
    FeedLog(layout).record_missed(missed(layout, connectors, now, grace))
    return FeedLog(layout).missed()
