"""ETF, stablecoin and on-chain vendors: what is fetched from the loopback server is what the payloads' files say."""

from __future__ import annotations

from datetime import date

import pytest
from loopback.agreement import WEATHER, agree
from loopback.contract import World
from loopback.extras import coinglass as coinglass_extras
from loopback.extras import defillama as defillama_extras
from loopback.extras import etf_tables as etf_extras
from loopback.extras import ishares as ishares_extras
from loopback.venues import coinglass as coinglass_venues
from loopback.venues import coinmetrics as coinmetrics_venue
from loopback.venues import etf_tables as etf_venues
from loopback.venues import stablecoins as stablecoin_venues

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

MODULES = (circle, coinglass, coinmetrics, defillama, farside, ishares, sosovalue, tether, tftc, theblock)
VENUES = (*etf_venues.VENUES, *coinglass_venues.VENUES, *stablecoin_venues.VENUES, coinmetrics_venue.VENUE)
EXTRAS = (coinglass_extras, defillama_extras, etf_extras, ishares_extras)
SECRETS = {"COINGLASS_API_KEY": "loopback", "SOSOVALUE_API_KEY": "loopback"}
# A Friday, a weekend, a month's first day and a Monday.
FIRST, LAST = date(2026, 1, 29), date(2026, 2, 3)


def extras(day: date) -> list[SamplePayload]:
    return [payload for module in EXTRAS for payload in module.payloads(day)]


@pytest.fixture(scope="module")
def world() -> World:
    return World(FIRST, LAST, extras)


@pytest.mark.parametrize("weather", WEATHER)
def test_every_vendor_says_over_http_what_its_files_say(world: World, weather: str) -> None:
    """What a fetch adds to or leaves out of the files would be another fact, or one lost; budgets hold as well."""
    connectors = [item for module in MODULES for item in module.CONNECTORS]
    limits = [limit for module in MODULES for limit in module.LIMITS]
    agree(world, connectors, limits, VENUES, weather, secrets=SECRETS, may_reject=True)
