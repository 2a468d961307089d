"""From a row of a window back to the core rows of all its days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from orchestration.store.core_store import CoreStore
from orchestration.store.layout import Layout
from orchestration.store.lineage import inputs_of
from schemas.tables import TABLES

LAST = date(2026, 4, 1)
KNOWN_AT = datetime(2026, 4, 2, 6, tzinfo=UTC)
LINEAGE = {"raw_sha256": "a" * 64, "known_at": KNOWN_AT, "is_simulated": False}
ROW = {"fact_date": LAST, "asset": "BTC", "venue": "okx", "liq_side": "all", "recorded_at": KNOWN_AT}
PRINTS, TOTALS = "core_liquidations__prints", "core_liquidations__vendor_totals"


@pytest.fixture(scope="module")
def core(tmp_path_factory) -> CoreStore:
    """A long and a short print at noon of each of 100 days, a vendor's totals over all venues and of one."""
    store = CoreStore(Layout(tmp_path_factory.mktemp("home")))
    store.ensure()
    days = [LAST - timedelta(days=n) for n in range(100)]
    events = [
        {"fact_date": day, "event_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC), "venue": "okx",
         "symbol": "BTC-USDT-SWAP", "asset": "BTC", "liq_side": side, "size_native": 1.0, "size_unit": "coin",
         "price": 1.0, "price_kind": "fill", "occurrence": 1, "is_repricing": False, "source": "okx", **LINEAGE}
        for day in days for side in ("long", "short")
    ]  # fmt: skip
    totals = [
        {"fact_date": day, "asset": "BTC", "venue": venue, "liq_side": "long", "unit": "usd", "value": 1.0,
         "finality": "final", "source": "vendor", **LINEAGE}
        for day in days for venue in ("all", "hyperliquid")
    ]  # fmt: skip
    for name, rows in (("core_liquidations__events", events), (TOTALS, totals)):
        table = TABLES[name]
        store.replace_dates(table, days, pl.DataFrame(rows, schema=table.schema))
    return store


def found(core: CoreStore, fact: str, **row: Any) -> dict[str, pl.DataFrame]:
    return inputs_of(core, TABLES[fact], ROW | row)


def test_a_rank_leads_to_the_prints_of_ninety_days_and_both_sides(core):
    """A rank whose other days cannot be shown is an opinion."""
    rows = found(core, "fct_liquidation_ranks_daily", series="venue_prints")
    assert set(rows) == {PRINTS}
    assert (rows[PRINTS].height, rows[PRINTS]["fact_date"].n_unique()) == (180, 90)


def test_a_window_leads_to_the_prints_inside_it_only(core):
    """A print of the hour at which the window ends is not in it."""
    noon = datetime(2026, 4, 1, 12, tzinfo=UTC)
    rows = found(core, "fct_liquidations_trailing_24h", window_end_at=noon, liq_side="long")
    assert rows[PRINTS]["event_at"].to_list() == [noon - timedelta(days=1)]


def test_a_vendors_total_over_all_venues_is_not_the_total_of_one(core):
    """The total of one venue would be named as a source of the other."""
    rows = found(core, "fct_liquidations_daily", series="vendor_aggregate", venue="all", liq_side="long")
    assert rows[TOTALS]["venue"].to_list() == ["all"]
