"""ETF, stablecoin and on-chain vendors: what is fetched from the loopback server is what the payloads' files say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby

import pytest
from loopback.contract import World
from loopback.extras import coinglass as coinglass_extras
from loopback.extras import defillama as defillama_extras
from loopback.extras import etf_tables as etf_extras
from loopback.extras import ishares as ishares_extras
from loopback.faults import Faults
from loopback.server import Loopback
from loopback.venues import coinglass as coinglass_venues
from loopback.venues import coinmetrics as coinmetrics_venue
from loopback.venues import etf_tables as etf_venues
from loopback.venues import stablecoins as stablecoin_venues

from orchestration.sources.base import Received
from orchestration.sources.http.contract import Batch, Connector
from orchestration.sources.http.engine import FeedResult, fetch
from orchestration.sources.http.settings import HttpSettings
from orchestration.sources.http.transport import Transport
from orchestration.sources.http.venues import (
    circle,
    coinglass,
    coinmetrics,
    defillama,
    farside,
    ishares,
    sosovalue,
    tether,
    tftc,
    theblock,
)
from orchestration.sources.sample import SamplePayload
from schemas.feed import Payload
from transforms.parse import FEEDS

MODULES = (circle, coinglass, coinmetrics, defillama, farside, ishares, sosovalue, tether, tftc, theblock)
CONNECTORS: dict[str, Connector] = {item.feed: item for module in MODULES for item in module.CONNECTORS}
LIMITS = {limit.name: limit for module in MODULES for limit in module.LIMITS}
VENUES = (*etf_venues.VENUES, *coinglass_venues.VENUES, *stablecoin_venues.VENUES, coinmetrics_venue.VENUE)
EXTRAS = (coinglass_extras, defillama_extras, etf_extras, ishares_extras)
SECRETS = {"COINGLASS_API_KEY": "loopback", "SOSOVALUE_API_KEY": "loopback"}
# A Friday, a weekend, a month's first day and a Monday.
FIRST, LAST = date(2026, 1, 29), date(2026, 2, 3)
PACE = 600.0

Rows = set[tuple[str, ...]]


def extras(day: date) -> list[SamplePayload]:
    return [payload for module in EXTRAS for payload in module.payloads(day)]


def fetched(
    world: World, settings: HttpSettings
) -> Iterator[tuple[datetime, set[str], list[SamplePayload], list[FeedResult]]]:
    """Each instant at which feeds are read: the payloads of the files, and what the connectors fetched."""
    mine = [item for item in world.all if item.feed in CONNECTORS]
    with Transport(settings, LIMITS, SECRETS, lambda: world.now) as transport:
        for (now, day), group in groupby(mine, key=lambda item: (item.known_at, item.partition)):
            items, world.now = list(group), now
            feeds = {item.feed for item in items}
            yield (
                now,
                feeds,
                items,
                list(fetch([(CONNECTORS[feed], Batch(day, day, now)) for feed in feeds], transport)),
            )


def read(item: SamplePayload | Received, known_at: datetime) -> Rows:
    """The rows of a body, by table, as the feed's parser makes them."""
    parsed = FEEDS[item.feed].parse(Payload(item.feed, item.content, known_at, "0" * 64, "x", item.params))
    return {(table, *map(repr, row)) for table, frame in parsed.frames.items() for row in frame.rows()}


@pytest.fixture(scope="module")
def world() -> World:
    return World(FIRST, LAST, extras)


@pytest.mark.parametrize("rate", [0.0, 0.1], ids=["calm", "with faults"])
def test_every_vendor_says_over_http_what_its_files_say(world: World, rate: float) -> None:
    """What a fetch adds to or leaves out of the files would be another fact, or one lost; budgets hold as well."""
    world.now = datetime.min
    settings = HttpSettings(pace=PACE, read_seconds=0.5, total_seconds=0.6, attempts=9, max_body_bytes=16 * 1024 * 1024)
    told_so_far: dict[str, Rows] = {}
    with Loopback(world, VENUES, Faults(rate), pace=PACE) as server:
        for now, feeds, items, results in fetched(world, replace(settings, mirrors=server.mirrors)):
            by_files = {feed: set().union(*(read(i, now) for i in items if i.feed == feed)) for feed in feeds}
            for result in results:
                assert (result.failures, result.unknown, result.skipped) == ([], [], None), result.feed
                told = told_so_far.setdefault(result.feed, set())
                told |= by_files[result.feed]
                by_http: Rows = set().union(*(read(item, now) for item in result.received))
                assert by_files[result.feed] - by_http == set(), f"{result.feed} at {now} lacks rows"
                assert by_http - told == set(), f"{result.feed} at {now} has other rows"
    assert set(told_so_far) == set(CONNECTORS)
    assert (server.failed, server.broken) == ([], [])
