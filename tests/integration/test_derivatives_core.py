"""Funding and open interest derived in a core store: which dates follow from which, and what a row was made of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from made_up_core import rows_of

from orchestration.store.core_store import CoreStore
from orchestration.store.derive import derive
from orchestration.store.layout import Layout
from orchestration.store.lineage import inputs_of
from schemas.tables import TABLES

DAYS = [date(2026, 2, 3) + timedelta(days=n) for n in range(4)]
KNOWN_AT = datetime(2026, 3, 1, tzinfo=UTC)
OKX = {"venue": "okx", "symbol": "BTC-USDT-SWAP", "asset": "BTC", "margin_type": "linear"}
DERIBIT = {"venue": "deribit", "symbol": "BTC-PERPETUAL", "asset": "BTC", "margin_type": "inverse"}


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def put(core: CoreStore, name: str, rows: list[dict]) -> None:
    frame = rows_of(name, [row | {"known_at": row.get("known_at", KNOWN_AT)} for row in rows])
    core.replace_dates(TABLES[name], frame["fact_date"].unique().to_list(), frame)


def settlements(day: date, contract: dict, source: str, rate: float = 1e-4) -> list[dict]:
    stamps = [midnight(day) + timedelta(hours=hour) for hour in (8, 16, 24)]
    return [{**contract, "fact_date": day, "settled_at": at, "rate_ratio": rate, "source": source} for at in stamps]


def sizes(day: date, contract: dict, source: str, unit: str) -> list[dict]:
    stamps = [midnight(day) + timedelta(hours=hour) for hour in range(24)]
    told = {"open_interest_native": 10.0 + day.day, "size_unit": unit, "n_sides": 1, "mark_price": 50_000.0}
    return [{**contract, **told, "fact_date": day, "observed_at": at, "source": source} for at in stamps]


@pytest.fixture
def core(tmp_path) -> CoreStore:
    """Two contracts with funding and hourly open interest on four days, derived."""
    store = CoreStore(Layout(tmp_path / "home"))
    store.ensure()
    feeds = ((OKX, "okx", "coin"), (DERIBIT, "deribit", "usd"))
    rates = [r for day in DAYS for c, v, _ in feeds for r in settlements(day, c, f"{v}_funding_history")]
    put(store, "core_funding__settlements", rates)
    levels = [r for day in DAYS for c, v, unit in feeds for r in sizes(day, c, f"{v}_open_interest", unit)]
    put(store, "core_open_interest__observations", levels)
    derive(store)
    return store


def table(core: CoreStore, name: str) -> pl.DataFrame:
    return core.read(TABLES[name])


def test_open_interest_is_derived_before_the_funding_that_it_weighs(core):
    """Funding that ran first would have no weights until the next run."""
    weighted = table(core, "core_funding__weighted").filter(pl.col("fact_date").is_in(DAYS[1:]))
    assert weighted["status"].to_list() == [None] * 6
    assert weighted["venues"].unique().sort().to_list() == ["deribit", "okx"]
    assert weighted["funding_8h_ratio"].to_list() == pytest.approx([1e-4] * 6)


def test_a_late_settlement_reaches_the_days_beside_it(core):
    """The first settlement after midnight tells whether the day before is whole."""
    off = timedelta(hours=4)
    rows = [r | {"settled_at": r["settled_at"] - off} for day in DAYS[:2] for r in settlements(day, OKX, "okx_shifted")]
    own = table(core, "core_funding__settlements").filter(pl.col("source") != "okx_shifted")
    first = rows_of("core_funding__settlements", [r | {"known_at": KNOWN_AT} for r in rows[:3]])
    core.replace_dates(
        TABLES["core_funding__settlements"],
        DAYS[:2],
        pl.concat([own, first]).filter(pl.col("fact_date").is_in(DAYS[:2])),
    )
    derive(core)
    shifted = table(core, "core_funding__daily").filter(source="okx_shifted")
    assert shifted["hours_covered"].to_list() == [20.0]
    later = rows_of("core_funding__settlements", [r | {"known_at": KNOWN_AT + off} for r in rows[3:]])
    day = pl.concat([own.filter(fact_date=DAYS[1]), later])
    core.replace_dates(TABLES["core_funding__settlements"], [DAYS[1]], day)
    derive(core)
    shifted = table(core, "core_funding__daily").filter(source="okx_shifted", fact_date=DAYS[0])
    assert shifted["hours_covered"].to_list() == [20.0, 24.0]


def test_a_changed_day_changes_the_change_of_the_next(core):
    """A change kept from an older level would not add up to the levels beside it."""
    before = table(core, "core_open_interest__daily").filter(fact_date=DAYS[2], venue="okx")["change_coin"].to_list()
    rows = table(core, "core_open_interest__observations").filter(fact_date=DAYS[1])
    more = rows.with_columns(pl.col("open_interest_native") + 5)
    core.replace_dates(TABLES["core_open_interest__observations"], [DAYS[1]], more)
    derive(core)
    after = table(core, "core_open_interest__daily").filter(fact_date=DAYS[2], venue="okx")["change_coin"].to_list()
    assert (before, after) == ([1.0], [-4.0])


def test_a_figure_over_contracts_leads_to_those_of_its_kind(core):
    """A trace that named coin-margined rates for a dollar-margined mean would be worse than none."""
    row = {"fact_date": DAYS[1], "asset": "BTC", "margin_type": "linear", "recorded_at": KNOWN_AT}
    total = inputs_of(core, TABLES["fct_open_interest_totals_daily"], row)
    assert set(total) == {"core_open_interest__observations"}
    assert set(total["core_open_interest__observations"]["venue"]) == {"okx"}
    mean = inputs_of(core, TABLES["fct_funding_weighted_daily"], row | {"hours_covered": 24.0})
    assert {name: set(rows["venue"]) for name, rows in mean.items()} == {
        "core_funding__settlements": {"okx"},
        "core_open_interest__observations": {"okx"},
    }
    hour = {**OKX, "fact_date": DAYS[1], "hour_at": midnight(DAYS[1]) + timedelta(hours=5), "series": "contract"}
    assert inputs_of(core, TABLES["fct_open_interest_hourly"], hour)["core_open_interest__observations"].height == 1
