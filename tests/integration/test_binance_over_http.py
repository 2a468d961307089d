"""Binance: what is fetched from the loopback server is what the payloads' files say, with faults and without."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import groupby

import pytest
from loopback.contract import World
from loopback.extras import binance as extras
from loopback.faults import Faults
from loopback.server import Loopback
from loopback.venues import binance as rest
from loopback.venues import binance_vision as vision

from orchestration.sources.http.contract import Batch
from orchestration.sources.http.engine import fetch
from orchestration.sources.http.settings import HttpSettings
from orchestration.sources.http.transport import Transport
from orchestration.sources.http.venues import binance
from schemas.feed import Payload
from transforms.parse import FEEDS

CONNECTORS = {connector.feed: connector for connector in binance.CONNECTORS}
LIMITS = {limit.name: limit for limit in binance.LIMITS}
# A month's first Monday, on which the file of the month before comes out.
FIRST, LAST = date(2026, 1, 31), date(2026, 2, 2)
PACE = 600.0
# The scenario has no Solana on spot and COIN-M, and BTC and ETH of some kinds only.
ABSENT = {"binance_funding_history", "binance_open_interest", "binance_klines", "binance_delivery_prices"}

Rows = set[tuple[str, ...]]


def read(feed: str, content: bytes, known_at, params) -> Rows:
    parsed = FEEDS[feed].parse(Payload(feed, content, known_at, "0" * 64, "x", dict(params)))
    assert parsed.rejects == []
    return {(table, *map(repr, row)) for table, frame in parsed.frames.items() for row in frame.rows()}


@pytest.fixture(scope="module")
def world() -> World:
    return World(FIRST, LAST, extras.payloads)


@pytest.mark.parametrize("rate", [0.0, 0.1], ids=["calm", "with faults"])
def test_binance_says_over_http_what_its_files_say(world: World, rate: float) -> None:
    """What a fetch adds to or leaves out of the files would be another fact, or one lost; budgets hold as well."""
    settings = HttpSettings(pace=PACE, read_seconds=1.0, total_seconds=1.5, attempts=9, max_body_bytes=16 * 1024**2)
    mine = [item for item in world.all if item.feed in CONNECTORS]
    told: dict[str, Rows] = {feed: set() for feed in CONNECTORS}
    seen: set[str] = set()
    with Loopback(world, (rest.VENUE, vision.VENUE), Faults(rate), pace=PACE) as server:
        settings = replace(settings, mirrors=server.mirrors)
        with Transport(settings, LIMITS, {}, lambda: world.now) as transport:
            for (now, day), items in groupby(mine, key=lambda item: (item.known_at, item.partition)):
                world.now = now
                by_files: dict[str, Rows] = {}
                for item in items:
                    by_files.setdefault(item.feed, set()).update(read(item.feed, item.content, now, item.params))
                    told[item.feed] |= by_files[item.feed]
                asked = [(CONNECTORS[feed], Batch(day, day, now)) for feed in by_files]
                for result in fetch(asked, transport):
                    assert (result.failures, result.skipped) == ([], None), result.feed
                    assert not result.unknown or result.feed in ABSENT, (result.feed, result.unknown)
                    by_http = {row for r in result.received for row in read(result.feed, r.content, now, r.params)}
                    assert by_files[result.feed] - by_http == set(), f"{result.feed} at {now} lacks rows"
                    assert by_http - told[result.feed] == set(), f"{result.feed} at {now} has other rows"
                    seen.add(result.feed)
    assert seen == set(CONNECTORS)
    assert (server.failed, server.broken) == ([], [])
