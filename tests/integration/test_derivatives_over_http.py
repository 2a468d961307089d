"""Deribit, Kraken, Hyperliquid, Coinbase: what is fetched from the loopback server is what the payloads' files say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import groupby
from types import ModuleType

import pytest
from loopback.contract import World
from loopback.extras import coinbase as coinbase_extras
from loopback.extras import deribit as deribit_extras
from loopback.extras import hyperliquid as hyperliquid_extras
from loopback.extras import kraken as kraken_extras
from loopback.faults import Faults
from loopback.server import Loopback
from loopback.venues import coinbase as coinbase_server
from loopback.venues import deribit as deribit_server
from loopback.venues import hyperliquid as hyperliquid_server
from loopback.venues import kraken as kraken_server

from orchestration.sources.http.contract import Batch
from orchestration.sources.http.engine import fetch
from orchestration.sources.http.settings import HttpSettings
from orchestration.sources.http.transport import Transport
from orchestration.sources.http.venues import coinbase, deribit, hyperliquid, kraken
from schemas.feed import Payload
from transforms.parse import FEEDS

# The last Friday of January: contracts expire on the first day.
FIRST, LAST = date(2026, 1, 30), date(2026, 2, 1)
PACE = 600.0
VENUES: dict[str, tuple[ModuleType, ModuleType, ModuleType]] = {
    "deribit": (deribit, deribit_server, deribit_extras),
    "kraken": (kraken, kraken_server, kraken_extras),
    "hyperliquid": (hyperliquid, hyperliquid_server, hyperliquid_extras),
    "coinbase": (coinbase, coinbase_server, coinbase_extras),
}
# The scenario has no Solana at these venues, and no linear Bitcoin or Ether at Deribit.
MAY_BE_UNKNOWN = {
    "deribit_index",
    "deribit_funding_history",
    "deribit_delivery_prices",
    "deribit_candles",
    "kraken_funding_rates",
    "kraken_candles",
    "kraken_history",
    "kraken_executions",
    "coinbase_candles",
}

Rows = set[tuple[str, ...]]


def read(feed: str, content: bytes, known_at, params) -> Rows:
    parsed = FEEDS[feed].parse(Payload(feed, content, known_at, "0" * 64, "x", dict(params)))
    assert parsed.rejects == [], feed
    return {(table, *map(repr, row)) for table, frame in parsed.frames.items() for row in frame.rows()}


@pytest.mark.parametrize("rate", [0.0, 0.1], ids=["calm", "with faults"])
@pytest.mark.parametrize("name", VENUES)
def test_a_venue_says_over_http_what_its_files_say(name: str, rate: float) -> None:
    """What a fetch adds to or leaves out of the files would be another fact, or one lost; budgets hold as well."""
    client, server_module, extras = VENUES[name]
    connectors = {connector.feed: connector for connector in client.CONNECTORS}
    world = World(FIRST, LAST, extras.payloads)
    mine = [item for item in world.all if item.feed in connectors]
    settings = HttpSettings(pace=PACE, read_seconds=1.0, total_seconds=1.5, attempts=9, max_body_bytes=16 * 1024**2)
    told: dict[str, Rows] = {feed: set() for feed in connectors}
    seen: set[str] = set()
    with Loopback(world, (server_module.VENUE,), Faults(rate), pace=PACE) as server:
        settings = replace(settings, mirrors=server.mirrors)
        limits = {limit.name: limit for limit in client.LIMITS}
        with Transport(settings, limits, {}, lambda: world.now) as transport:
            for (now, day), items in groupby(mine, key=lambda item: (item.known_at, item.partition)):
                world.now = now
                by_files: dict[str, Rows] = {}
                for item in items:
                    by_files.setdefault(item.feed, set()).update(read(item.feed, item.content, now, item.params))
                    told[item.feed] |= by_files[item.feed]
                for result in fetch([(connectors[feed], Batch(day, day, now)) for feed in by_files], transport):
                    assert (result.failures, result.skipped) == ([], None), result.feed
                    assert not result.unknown or result.feed in MAY_BE_UNKNOWN, (result.feed, result.unknown)
                    by_http = {row for r in result.received for row in read(result.feed, r.content, now, r.params)}
                    assert by_files[result.feed] - by_http == set(), f"{result.feed} at {now} lacks rows"
                    assert by_http - told[result.feed] == set(), f"{result.feed} at {now} has other rows"
                    seen.add(result.feed)
    assert seen == set(connectors)
    assert (server.failed, server.broken) == ([], [])
