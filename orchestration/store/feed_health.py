"""How a live feed stands: last fetch, next due, late since when, failing, snapshots missed.

Belongs here: putting together what the ledger and the feed log say. Does not belong here: printing it
(`cli/`), showing it in Dagster (`checks/`).

A feed is late by its own readings: one that was due, whose grace is over, and that nobody fetched since. Late
feeds hold up nothing: facts of other feeds are made and published, and what depends on a late one stays
`preliminary`, or says in `status` what it waits for.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestration.sources.http.contract import Connector
from orchestration.sources.http.due import instants, next_due
from orchestration.store.feed_log import Failing, FeedLog, Missed
from orchestration.store.layout import Layout
from orchestration.store.ledger import Ledger
from orchestration.store.snapshots import LOOK_BACK, missed


@dataclass(frozen=True)
class FeedHealth:
    """How one feed stands at an instant. `off` is the reason why it is not fetched."""

    feed: str
    off: str | None
    last_fetch: datetime | None
    next_due: datetime | None
    late_since: datetime | None
    failing: Failing | None
    missed: tuple[Missed, ...]

    @property
    def is_well(self) -> bool:
        """Nothing to say of it."""
        return self.late_since is None and self.failing is None and not self.missed


def health(
    layout: Layout, connectors: Mapping[str, Connector], off: Mapping[str, str], now: datetime, grace: timedelta
) -> dict[str, FeedHealth]:
    """All feeds as they stand. Writes nothing."""
    log, ledger = FeedLog(layout), Ledger(layout.ledger)
    failing = {item.feed: item for item in log.failing() if item.recovered_at is None}
    gone: dict[str, list[Missed]] = {}
    for item in missed(layout, connectors.values(), now, grace):
        if item.due_at >= now - LOOK_BACK:
            gone.setdefault(item.feed, []).append(item)
    found = {}
    for feed, connector in connectors.items():
        fetched = ledger.instants(feed, "http", now - LOOK_BACK)
        last = fetched[-1] if fetched else None
        on = log.spans(feed)
        since = on[-1][0] if on and on[-1][1] and feed not in off else None
        found[feed] = FeedHealth(
            feed,
            off.get(feed),
            last,
            next_due(connector, now) if feed not in off else None,
            _late_since(connector, last, since, now, grace),
            failing.get(feed) if feed not in off else None,
            tuple(gone.get(feed, ())),
        )
    return found


def _late_since(
    connector: Connector, last: datetime | None, on_since: datetime | None, now: datetime, grace: timedelta
) -> datetime | None:
    """The first due instant after the last fetch whose grace is over; None for a feed that nobody watches."""
    if on_since is None:
        return None
    after = max(on_since, last or on_since, now - LOOK_BACK)
    return min(instants(connector, after + timedelta(microseconds=1), now - grace), default=None)


def unwell(found: Mapping[str, FeedHealth], feeds: Container[str] | None = None) -> Iterable[FeedHealth]:
    """The feeds of which there is something to say."""
    return (item for item in found.values() if not item.is_well and (feeds is None or item.feed in feeds))
