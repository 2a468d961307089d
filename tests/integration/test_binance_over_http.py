"""Binance: what is fetched from the loopback server is what the payloads' files say, with faults and without."""

from __future__ import annotations

from datetime import date

import pytest
from loopback.agreement import WEATHER, agree
from loopback.contract import World
from loopback.extras import binance as extras
from loopback.venues import binance as rest
from loopback.venues import binance_vision as vision

from orchestration.sources.http.venues import binance

# A month's first Monday, on which the file of the month before comes out.
FIRST, LAST = date(2026, 1, 31), date(2026, 2, 2)
# The scenario has no Solana on spot and COIN-M, and BTC and ETH of some kinds only.
ABSENT = {"binance_funding_history", "binance_open_interest", "binance_klines", "binance_delivery_prices"}


@pytest.fixture(scope="module")
def world() -> World:
    return World(FIRST, LAST, extras.payloads)


@pytest.mark.parametrize("weather", WEATHER)
def test_binance_says_over_http_what_its_files_say(world: World, weather: str) -> None:
    """What a fetch adds to or leaves out of the files would be another fact, or one lost; budgets hold as well."""
    agree(world, binance.CONNECTORS, binance.LIMITS, (rest.VENUE, vision.VENUE), weather, may_be_unknown=ABSENT)
