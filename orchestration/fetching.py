"""The live feeds of a run: what each connector is asked for, and what is kept of how it went.

Belongs here: settings, due times and the window to batches; outcomes to the feed log. Does not belong here: the
requests (`sources/http/`), landing of bytes (`sources/base.py`), the order of a run's steps (`pipeline.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from filelock import FileLock

from orchestration.automation.due import DueRun
from orchestration.resources.feeds_on import feeds_off, feeds_on, grace_of, options_of
from orchestration.resources.settings import Settings, Window
from orchestration.sources.base import refuse_a_mixture
from orchestration.sources.http.contract import Batch, Connector
from orchestration.sources.http.due import batch_day, too_late
from orchestration.sources.http.engine import FeedResult
from orchestration.sources.http.live import Live
from orchestration.sources.http.transport import Transport
from orchestration.sources.http.venues import CONNECTORS, LIMITS
from orchestration.store.feed_log import Failure, FeedLog
from orchestration.store.layout import Layout
from orchestration.store.ledger import Ledger
from orchestration.store.snapshots import record_missed
from transforms.parse import SOURCES

CATCH_UP_DAYS = 7
LOCK_SECONDS = 3600.0


@dataclass(frozen=True)
class Asked:
    """What a run asks for: connectors with their batches; `refused` says of snapshots why they are not asked for."""

    batches: list[tuple[Connector, Batch]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def asked(settings: Settings, window: Window | None, due: DueRun | None, now: datetime) -> Asked:
    """What to ask for: of a due run its feeds, else everything that can be fetched now.

    Without a window each connector's batch is of the day that a fetch at `now` belongs to, and a history's
    reaches back to the last day that came whole, `CATCH_UP_DAYS` at most. A snapshot is asked for at its
    own time only, and never for another day than that of `now`.
    """
    found, layout = Asked(), Layout(settings.home)
    failing = {item.feed: item.first for item in FeedLog(layout).failing() if item.recovered_at is None}
    fetched = Ledger(layout.ledger).last_instants("http")
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
        elif connector.kind == "history" and window is None:
            first = min(first, _whole_until(connector, fetched.get(feed), failing.get(feed), last))
        source = SOURCES[feed]
        batch = Batch(first, last, now, settings.config.assets_of(source), options_of(settings, source))
        found.batches.append((connector, batch))
    return found


def _whole_until(connector: Connector, fetched: datetime | None, failure: Failure | None, last: date) -> date:
    """The last day of which the feed came whole: what was missed since is asked for again.

    `fetched` is the last fetch, `failure` the first that no whole fetch has followed.
    """
    day = batch_day(fetched, connector) if fetched is not None else last
    if failure is not None and failure.partition is not None:
        day = min(day, failure.partition)
    return max(day, last - timedelta(days=CATCH_UP_DAYS))


def begin(
    settings: Settings, wanted: Asked, clock: Callable[[], datetime], tell: Callable[[str, int, int], None]
) -> Live:
    """The fetches of a run, which start when the first source asks for its own.

    Notes which feeds are on from now on, and which snapshots nobody took. Raises `SourceError` where the data
    directory holds sample feeds.
    """
    layout, now = Layout(settings.home), clock()
    refuse_a_mixture(Ledger(layout.ledger), {False})
    off = feeds_off(settings, CONNECTORS, SOURCES)
    FeedLog(layout).watch(CONNECTORS, CONNECTORS.keys() - off.keys(), now)
    record_missed(layout, CONNECTORS.values(), now, grace_of(settings))
    # Budgets are of this machine's address: two runs at a time would spend each of them twice.
    lock = FileLock(layout.home / "fetch.lock", timeout=LOCK_SECONDS)
    return Live(wanted.batches, SOURCES, lambda: Transport(settings.http, LIMITS, settings.secrets, clock), tell, lock)


def settle(layout: Layout, results: Iterable[FeedResult], batches: Mapping[str, Batch]) -> list[Failure]:
    """Keep what failed and what has recovered, as of when it was asked for; the failures of these results.

    The batches of one run are all as of the same instant.
    """
    done = {result.feed: result for result in results if result.skipped is None}
    failures = [
        Failure(feed, batches[feed].now, failure.message, failure.is_transient, batches[feed].last)
        for feed, result in done.items()
        for failure in result.failures
    ]
    if done:
        FeedLog(layout).record_attempts(done.keys(), failures, batches[next(iter(done))].now)
    return failures
