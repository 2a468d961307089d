"""What is derived of stablecoins for the dates that changed, and from where a month's row comes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from orchestration.store.core_store import CoreStore
from orchestration.store.derive import stablecoins
from orchestration.store.layout import Layout
from orchestration.store.lineage import inputs_of
from schemas.tables import TABLES

FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)
SUPPLY, PRICES, EVENTS = (f"core_stablecoins__{name}" for name in ("supply", "prices", "issuance"))
LINEAGE = {"raw_sha256": "a" * 64, "is_simulated": False}


def known(day: date) -> datetime:
    """Six in the morning of the day after."""
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC) + timedelta(days=1)


def put(core: CoreStore, name: str, days: list[date], rows: list[dict[str, Any]]) -> None:
    table = TABLES[name]
    filled = [{column: row.get(column) for column in table.column_names} for row in rows]
    core.replace_dates(table, days, pl.DataFrame(filled, schema=table.schema))


def supply(day: date, chain: str = "all", peg: float = 100.0) -> dict[str, Any]:
    return {"fact_date": day, "stablecoin_id": "1", "chain": chain, "circulating_peg": peg, "finality": "final",
            "source": "defillama_stablecoin", "known_at": known(day), **LINEAGE}  # fmt: skip


def price(day: date, usd: float) -> dict[str, Any]:
    return {"fact_date": day, "priced_at": known(day) - timedelta(hours=12), "stablecoin_id": "1", "venue": "all",
            "symbol": "USD", "price_usd": usd, "finality": "final", "source": "defillama_stablecoin_prices",
            "known_at": known(day), **LINEAGE}  # fmt: skip


def issue(day: date) -> dict[str, Any]:
    return {"fact_date": day, "event_at": known(day) - timedelta(hours=12), "stablecoin_id": "1", "chain": "Tron",
            "issuance_kind": "issue", "amount_peg": 5.0, "occurrence": 1, "source": "stablecoin_issuance_csv",
            "known_at": known(day), **LINEAGE}  # fmt: skip


@pytest.fixture
def core(tmp_path) -> CoreStore:
    """Supply and price at both ends of February, and an issue."""
    store = CoreStore(Layout(tmp_path))
    store.ensure()
    put(store, SUPPLY, [FEBRUARY, MARCH], [supply(FEBRUARY), supply(MARCH, peg=90.0), supply(FEBRUARY, "Tron")])
    put(store, PRICES, [FEBRUARY, MARCH], [price(FEBRUARY, 1.0), price(MARCH, 0.5)])
    put(store, EVENTS, [FEBRUARY], [issue(FEBRUARY)])
    stablecoins.derive(store, 0)
    return store


def months(core: CoreStore) -> list[tuple]:
    rows = core.read(TABLES["core_stablecoins__months"]).filter(month_date=FEBRUARY, chain="all")
    return rows.select("end_date", "supply_change_peg", "market_value_change_usd").rows()


def test_pegs_issues_and_months_follow_their_observations(core):
    """A month needs the first of the next, which lies in another partition."""
    assert months(core) == [(MARCH, -10.0, -55.0)]
    assert core.read(TABLES["core_stablecoins__pegs"])["price_usd"].to_list() == [1.0, 0.5]
    issued = core.read(TABLES["core_stablecoins__issued"]).select("chain", "gross_issued_peg").rows()
    assert issued == [("Tron", 5.0), ("all", 5.0)]


def test_a_price_that_changes_reaches_the_month_that_ends_with_it(core):
    """The supply did not change, the market value did."""
    mark = core.last_mark()
    put(core, PRICES, [MARCH], [price(MARCH, 1.0)])
    stablecoins.derive(core, mark)
    assert months(core) == [(MARCH, -10.0, -10.0)]


def test_deriving_again_changes_nothing(core):
    """Every run would mark every month."""
    mark = core.last_mark()
    stablecoins.derive(core, 0)
    assert core.last_mark() == mark


def test_a_month_leads_to_the_supply_and_prices_of_its_two_ends(core):
    """The days between have no part in it, and what is derived has no payload."""
    put(core, SUPPLY, [date(2026, 2, 9)], [supply(date(2026, 2, 9))])
    row = {"month_date": FEBRUARY, "end_date": MARCH, "asset": "USDT", "stablecoin_id": "1", "chain": "all"}
    found = inputs_of(core, TABLES["fct_stablecoin_changes_monthly"], row | {"recorded_at": known(MARCH)})
    assert {name: rows["fact_date"].to_list() for name, rows in found.items()} == {
        SUPPLY: [FEBRUARY, MARCH],
        PRICES: [FEBRUARY, MARCH],
    }


def test_a_days_gross_issue_over_all_chains_leads_to_the_events_of_each(core):
    """The events name their chain, the total has none."""
    row = {"fact_date": FEBRUARY, "asset": "USDT", "stablecoin_id": "1", "chain": "all", "recorded_at": known(FEBRUARY)}
    found = inputs_of(core, TABLES["fct_stablecoin_supply_daily"], row)
    assert found[EVENTS]["chain"].to_list() == ["Tron"]
    assert found[SUPPLY]["chain"].to_list() == ["all"]
