"""The live feeds of a run: what each connector is asked for, and what is kept of how it went.

Belongs here: settings, due times and the window to batches; outcomes to the feed log. Does not belong here: the
requests (`sources/http/`), landing of bytes (`sources/base.py`), the order of a run's steps (`pipeline.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from orchestration.automation.due import DueRun
from orchestration.resources.feeds_on import feeds_off, feeds_on, grace_of, options_of
from orchestration.resources.settings import Settings, Window
from orchestration.sources.http.contract import Batch, Connector
from orchestration.sources.http.due import batch_day, too_late
from orchestration.sources.http.engine import FeedResult
from orchestration.sources.http.live import Live
from orchestration.sources.http.transport import Transport
from orchestration.sources.http.venues import CONNECTORS, LIMITS
from orchestration.store.feed_log import Failure, FeedLog
from orchestration.store.layout import Layout
from orchestration.store.snapshots import record_missed
from transforms.parse import SOURCES


@dataclass(frozen=True)
class Asked:
    """What a run asks for: connectors with their batches; `refused` says of snapshots why they are not asked for."""

    batches: list[tuple[Connector, Batch]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def asked(settings: Settings, window: Window | None, due: DueRun | None, now: datetime) -> Asked:
    """What to ask for: of a due run its feeds, else everything that can be fetched now.

    Without a window each connector's batch is of the day that a fetch at `now` belongs to. A snapshot is
    asked for at its own time only, and never for another day than that of `now`.
    """
    found = Asked()
    for feed, connector in feeds_on(settings, CONNECTORS, SOURCES).items():
        if due is not None and feed not in due.feeds:
            continue
        day = due.day if due is not None else batch_day(now, connector)
        first, last = (day, day) if window is None or due is not None else window
        if connector.kind == "snapshot":
            late = too_late(connector, now, grace_of(settings))
            if late is None and not first <= batch_day(now, connector) <= last:
                late = f"{feed}: a snapshot of {first} … {last} cannot be fetched any more"
            if late is not None:
                found.refused.append(late)
                continue
            first = last = batch_day(now, connector)
        source = SOURCES[feed]
        batch = Batch(first, last, now, settings.config.assets_of(source), options_of(settings, source))
        found.batches.append((connector, batch))
    return found


def begin(
    settings: Settings, wanted: Asked, clock: Callable[[], datetime], tell: Callable[[str, int, int], None]
) -> Live:
    """The fetches of a run, which start when the first source asks for its own.

    Notes which feeds are on from now on, and which snapshots nobody took.
    """
    layout, now = Layout(settings.home), clock()
    off = feeds_off(settings, CONNECTORS, SOURCES)
    FeedLog(layout).watch(CONNECTORS, CONNECTORS.keys() - off.keys(), now)
    record_missed(layout, CONNECTORS.values(), now, grace_of(settings))
    return Live(wanted.batches, SOURCES, lambda: Transport(settings.http, LIMITS, settings.secrets, clock), tell)


def settle(layout: Layout, results: Iterable[FeedResult], batches: Mapping[str, Batch]) -> list[Failure]:
    """Keep what failed and what has recovered, as of when it was asked for; the failures of these results."""
    failures = []
    for result in results:
        if result.skipped is None:
            batch = batches[result.feed]
            own = [Failure(result.feed, batch.now, f.message, f.is_transient, batch.last) for f in result.failures]
            FeedLog(layout).record_attempts({result.feed}, own, batch.now)
            failures += own
    return failures
