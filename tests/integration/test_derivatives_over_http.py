"""Deribit, Kraken, Hyperliquid, Coinbase: what is fetched from the loopback server is what the payloads' files say."""

from __future__ import annotations

from datetime import date
from types import ModuleType

import pytest
from loopback.agreement import WEATHER, agree
from loopback.contract import World
from loopback.extras import coinbase as coinbase_extras
from loopback.extras import deribit as deribit_extras
from loopback.extras import hyperliquid as hyperliquid_extras
from loopback.extras import kraken as kraken_extras
from loopback.venues import coinbase as coinbase_server
from loopback.venues import deribit as deribit_server
from loopback.venues import hyperliquid as hyperliquid_server
from loopback.venues import kraken as kraken_server

from orchestration.sources.http.venues import coinbase, deribit, hyperliquid, kraken

# The last Friday of January: contracts expire on the first day.
FIRST, LAST = date(2026, 1, 30), date(2026, 2, 1)
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


@pytest.mark.parametrize("weather", WEATHER)
@pytest.mark.parametrize("name", VENUES)
def test_a_venue_says_over_http_what_its_files_say(name: str, weather: str) -> None:
    """What a fetch adds to or leaves out of the files would be another fact, or one lost; budgets hold as well."""
    client, server_module, extras = VENUES[name]
    world = World(FIRST, LAST, extras.payloads)
    agree(world, client.CONNECTORS, client.LIMITS, (server_module.VENUE,), weather, may_be_unknown=MAY_BE_UNKNOWN)
