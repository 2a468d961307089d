"""The index of the coin that a quanto contract settles in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from schemas.tables import TABLES
from transforms.core.instruments import validity
from transforms.core.notional import conform
from transforms.core.settle_indexes import usd_indexes

PRINTS, CONTRACTS = TABLES["core_liquidations__prints"], TABLES["core_instruments__contracts"]
QUOTES, INDEXES = TABLES["core_futures__quotes"], TABLES["core_futures__indexes"]
EVENT_AT = datetime(2026, 2, 5, 22, tzinfo=UTC)
KNOWN_AT = datetime(2026, 2, 6, 1, tzinfo=UTC)
LINEAGE = {"raw_sha256": "a" * 64, "known_at": KNOWN_AT, "is_simulated": False}


@pytest.fixture
def quanto(example):
    """The print and the instrument of worked example liq_03."""
    given = example("liq_03")["inputs"]
    row = {
        "fact_date": EVENT_AT.date(),
        "event_at": EVENT_AT,
        "venue": "bitmex",
        "symbol": "ETHUSD",
        "liq_side": "long",
        "size_native": float(given["contracts"]),
        "size_unit": "contracts",
        "price": given["quoted_price"],
        "price_kind": "order",
        "occurrence": 1,
        "source": "tardis_liquidations",
        **LINEAGE,
    }
    contract = {
        "venue": "bitmex",
        "symbol": "ETHUSD",
        "asset": "ETH",
        "quote_currency": "USD",
        "settle_currency": "XBt",
        "instrument_kind": "perpetual",
        "margin_type": "quanto",
        "contract_value": given["multiplier_settle_coin_per_price_unit"],
        "contract_value_currency": "XBT",
        "source": "instruments",
        **LINEAGE,
        "known_at": KNOWN_AT - timedelta(days=9),
    }
    described = validity(pl.DataFrame([contract], schema=CONTRACTS.schema))
    return pl.DataFrame([row], schema=PRINTS.schema), described


def index(price: float, seconds: float = 10, asset: str = "BTC", quote: str = "USD", **changes) -> dict:
    row = {
        "fact_date": EVENT_AT.date(),
        "quoted_at": EVENT_AT + timedelta(seconds=seconds),
        "venue": "deribit",
        "asset": asset,
        "quote_currency": quote,
        "index_price": price,
        "source": "deribit_index",
        **LINEAGE,
    }
    return row | changes


def events(quanto, *rows: dict) -> pl.DataFrame:
    prints, described = quanto
    indexes = pl.DataFrame(list(rows), schema=INDEXES.schema)
    return conform(prints, described, usd_indexes(indexes, QUOTES.empty(), described))


def test_worked_example_by_the_path_of_the_pipeline(quanto, example):
    """Fails where the quoted price is taken for the settlement coin's, or contracts for dollars (liq_03)."""
    case = example("liq_03")
    event = events(quanto, index(case["inputs"]["settle_index_usd"])).row(0, named=True)
    assert event["notional_usd"] == pytest.approx(case["expected"]["notional_usd"], rel=1e-12)
    assert event["quantity_coin"] == pytest.approx(case["expected"]["equivalent_underlying_qty_eth"], rel=1e-12)
    assert (event["settle_index_usd"], event["settle_index_at"]) == (62900.0, EVENT_AT + timedelta(seconds=10))
    assert (event["status"], event["asset"]) == (None, "ETH")


@pytest.mark.parametrize(
    "row", [index(62900.0, 61), index(62900.0, -61), index(1820.0, asset="ETH"), index(58000.0, quote="EUR")]
)
def test_without_the_coins_own_index_of_the_minute_there_is_no_price(quanto, row):
    """Fails where an old index, another coin's, or a price in euro turns a quanto contract into dollars."""
    event = events(quanto, row).row(0, named=True)
    assert (event["notional_usd"], event["status"], event["settle_index_usd"]) == (None, "no_price", None)


def test_of_the_indexes_known_by_then_the_nearest_counts(quanto):
    """Fails where an index half a minute away wins over one of the same second."""
    assert events(quanto, index(1.0, 30), index(2.0, -1), index(3.0, 5))["settle_index_usd"].to_list() == [2.0]


def test_an_index_that_became_known_later_prices_from_then_on(quanto):
    """Fails where an as-of query sees a notional before anyone could have computed it."""
    later = KNOWN_AT + timedelta(days=1)
    found = events(quanto, index(62900.0, known_at=later))
    assert found.select("known_at", "is_repricing", "status").rows() == [
        (KNOWN_AT, False, "no_price"),
        (later, True, None),
    ]
    assert found["notional_usd"].is_null().to_list() == [True, False]


def test_a_nearer_index_that_comes_later_does_not_change_what_was_answered(quanto):
    """Fails where a delivery rewrites history."""
    first = events(quanto, index(62900.0, 20))
    assert events(quanto, index(62900.0, 20), index(1.0, 0, known_at=KNOWN_AT + timedelta(days=1))).equals(first)


def test_an_index_beside_a_quote_serves_and_else_a_perpetuals_mark():
    """Fails where a venue's ticker is not read, or a dated future's price is taken for the coin's."""
    btc = {
        "venue": "okx",
        "asset": "BTC",
        "quote_currency": "USD",
        "margin_type": "inverse",
        "contract_value": 100.0,
        "contract_value_currency": "USD",
        "source": "okx_instruments",
        **LINEAGE,
    }
    listed = pl.DataFrame(
        [
            btc | {"symbol": "SWAP", "instrument_kind": "perpetual"},
            btc | {"symbol": "DATED", "instrument_kind": "dated"},
        ],
        schema=CONTRACTS.schema,
    )
    quote = {
        "fact_date": EVENT_AT.date(),
        "venue": "okx",
        "quoted_at": EVENT_AT,
        "price_kind": "mark",
        "source": "okx_mark_prices",
        **LINEAGE,
    }
    quotes = pl.DataFrame(
        [
            quote | {"symbol": "DATED", "future_price": 99.0},
            quote | {"symbol": "SWAP", "future_price": 62900.0},
            quote | {"symbol": "DATED", "future_price": 98.0, "index_price": 62800.0, "index_at": EVENT_AT},
        ],
        schema=QUOTES.schema,
    )
    found = usd_indexes(INDEXES.empty(), quotes, validity(listed))
    assert sorted(found["settle_index_usd"].to_list()) == [62800.0, 62900.0]
    assert set(found["coin"]) == {"BTC"}
