"""Whether a venue says over http what the payloads' files say.

Belongs here: stepping the world through the instants of its payloads, and comparing rows. Does not belong here: which
venues (the tests), or facts made of the rows (`tests/pipeline/test_live_equals_files.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import groupby

from loopback.contract import Venue, World
from loopback.faults import KINDS, Faults
from loopback.server import Loopback
from orchestration.sources.base import Received
from orchestration.sources.http.contract import Batch, Connector, Limit
from orchestration.sources.http.engine import fetch
from orchestration.sources.http.settings import HttpSettings
from orchestration.sources.http.transport import Transport
from orchestration.sources.sample import SamplePayload
from schemas.feed import Payload
from transforms.parse import FEEDS

PACE = 600.0
# How many requests meet a fault, and of which kinds.
WEATHER = {"calm": (0.0, KINDS), "with faults": (0.1, KINDS), "every last row twice": (1.0, ("repeated rows",))}
Rows = set[tuple[str, ...]]


def rows_of(item: SamplePayload | Received, known_at: datetime, may_reject: bool) -> Rows:
    """The rows of a body, by table, as the feed's parser makes them."""
    parsed = FEEDS[item.feed].parse(Payload(item.feed, item.content, known_at, "0" * 64, "x", dict(item.params)))
    assert may_reject or parsed.rejects == [], item.feed
    return {(table, *map(repr, row)) for table, frame in parsed.frames.items() for row in frame.rows()}


def agree(
    world: World,
    connectors: Iterable[Connector],
    limits: Iterable[Limit],
    venues: Iterable[Venue],
    weather: str,
    *,
    secrets: Mapping[str, str] | None = None,
    may_be_unknown: Collection[str] = (),
    may_reject: bool = False,
) -> None:
    """Fetch every feed at the instants of its payloads, in a weather of `WEATHER`.

    What is fetched holds every row of the files of that instant, and none that no file so far has; no series fails,
    no budget is broken, and no feed is left out.
    """
    by_feed = {connector.feed: connector for connector in connectors}
    mine = [item for item in world.all if item.feed in by_feed]
    rate, kinds = WEATHER[weather]
    told: dict[str, Rows] = {feed: set() for feed in by_feed}
    seen: set[str] = set()
    with Loopback(world, venues, Faults(rate, kinds=kinds), pace=PACE) as server:
        settings = HttpSettings(
            pace=PACE, read_seconds=1.0, total_seconds=1.5, attempts=9, max_body_bytes=16 * 1024**2,
            mirrors=server.mirrors,
        )  # fmt: skip
        budgets = {limit.name: limit for limit in limits}
        with Transport(settings, budgets, secrets or {}, lambda: world.now) as transport:
            for (now, day), items in groupby(mine, key=lambda item: (item.known_at, item.partition)):
                world.now = now
                by_files: dict[str, Rows] = {}
                for item in items:
                    by_files.setdefault(item.feed, set()).update(rows_of(item, now, may_reject))
                    told[item.feed] |= by_files[item.feed]
                for result in fetch([(by_feed[feed], Batch(day, day, now)) for feed in by_files], transport):
                    assert (result.failures, result.skipped) == ([], None), result.feed
                    assert not result.unknown or result.feed in may_be_unknown, (result.feed, result.unknown)
                    assert {item.feed for item in result.received} <= {result.feed}
                    by_http: Rows = set().union(*(rows_of(item, now, may_reject) for item in result.received))
                    assert by_files[result.feed] - by_http == set(), f"{result.feed} at {now} lacks rows"
                    assert by_http - told[result.feed] == set(), f"{result.feed} at {now} has other rows"
                    seen.add(result.feed)
    assert seen == set(by_feed)
    assert (server.failed, server.broken) == ([], [])
