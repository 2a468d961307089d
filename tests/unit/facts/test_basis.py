"""Basis of single contracts: the sample, its index, eligibility, finality."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from schemas.tables import TABLES
from transforms.facts.basis import contract_basis

CONTRACTS, INDEXES = TABLES["core_basis__contracts"], TABLES["core_futures__indexes"]
DAY = date(2026, 2, 5)
QUOTED_AT = datetime(2026, 2, 5, 21, tzinfo=UTC)
KNOWN_AT = datetime(2026, 2, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def index(price: float, at: datetime = QUOTED_AT, known_at: datetime = KNOWN_AT, **changes) -> dict:
    row = {
        "fact_date": at.date(),
        "quoted_at": at,
        "venue": "cme",
        "asset": "BTC",
        "quote_currency": "USD",
        "index_price": price,
        "source": "deribit_index",
        "raw_sha256": "c" * 64,
        "known_at": known_at,
        "is_simulated": False,
    }
    return row | changes


def indexes(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=INDEXES.schema)


NONE = INDEXES.empty()


def test_a_contract_carries_every_variant_of_its_rate(example, quotes, quote, contract, instruments):
    """Fails where the table computes other rates than the formulas (worked example basis_08)."""
    case = example("basis_08")
    given, expected = case["inputs"], case["expected"]
    known = instruments(contract(given["contract"], datetime.fromisoformat(given["expiry"])))
    made = quotes(quote(given["contract"], given["future"], given["spot"]))
    found = contract_basis(made, NONE, known, [DAY])
    assert found.schema == CONTRACTS.schema
    row = found.row(0, named=True)
    assert row["days_to_expiry"] == expected["days"]
    assert row["basis_ratio"] == pytest.approx(expected["raw_basis"], abs=1e-12)
    assert row["basis_annualised_ratio"] == pytest.approx(expected["simple_act365"], abs=1e-12)
    assert row["basis_compound_ratio"] == pytest.approx(expected["compound_act365"], abs=1e-12)
    assert row["basis_log_ratio"] == pytest.approx(expected["log_act365"], abs=1e-12)
    assert (row["status"], row["is_node"], row["finality"]) == (None, True, "final")


@pytest.mark.parametrize(
    ("days", "changes", "status", "is_node"),
    [
        (0.0, {}, "expired", False),
        (-3.0, {}, "expired", False),
        (30.0, {"price": None}, "missing_price", False),
        (30.0, {"spot": None}, "missing_index", False),
        (30.0, {"index_at": QUOTED_AT - timedelta(seconds=61)}, "stale_index", False),
        (30.0, {"index_at": QUOTED_AT - timedelta(seconds=60)}, None, True),
        (0.5 / 24, {}, "settlement_window", False),
        (0.9, {}, "under_1_day", False),
        (1.0, {}, "under_7_days", True),
        (6.9, {}, "under_7_days", True),
        (7.0, {}, None, True),
    ],
)
def test_the_first_rule_that_applies_is_the_status(
    days, changes, status, is_node, quotes, quote, contract, instruments
):
    """Fails where a rate that means nothing is published, or a good one is thrown away."""
    made = quote("BTCG6", **({"price": 63440.0} | changes))
    row = contract_basis(quotes(made), NONE, instruments(contract("BTCG6", days)), [DAY]).row(0, named=True)
    assert (row["status"], row["is_node"]) == (status, is_node)
    assert (row["basis_annualised_ratio"] is None) == (status is not None)
    assert (row["basis_ratio"] is None) == (status not in (None, "under_1_day", "under_7_days"))


def test_a_perpetual_is_not_a_dated_contract_whatever_its_expiry(quotes, quote, contract, instruments):
    """Fails where a perpetual with a far expiry becomes a node."""
    perpetual = contract("BTC-XPERP-310404", 1900.0, instrument_kind="perpetual")
    assert contract_basis(quotes(quote("BTC-XPERP-310404", 63000.0)), NONE, instruments(perpetual), [DAY]).is_empty()


def test_an_instrument_described_later_counts_from_then(quotes, quote, contract, instruments):
    """Fails where an as-of answer uses an expiry that nobody knew yet."""
    late = instruments(contract("BTCG6", 30.0, known_at=KNOWN_AT + HOUR))
    found = contract_basis(quotes(quote("BTCG6", 63440.0)), NONE, late, [DAY])
    assert found["status"].to_list() == ["no_instrument", None]
    assert found["recorded_at"].to_list() == [KNOWN_AT, KNOWN_AT + HOUR]
    assert found["asset"].to_list() == ["BTC", "BTC"]
    assert found["finality"].to_list() == ["final", "final"]
    perpetual = instruments(contract("BTCG6", None, instrument_kind="perpetual", known_at=KNOWN_AT + HOUR))
    found = contract_basis(quotes(quote("BTCG6", 63440.0)), NONE, perpetual, [DAY])
    assert found["status"].to_list() == ["no_instrument", "perpetual"]


def test_the_sample_is_the_last_quote_of_the_day_and_a_settlement_first(quotes, quote, contract, instruments):
    """Fails where any quote of the day will do."""
    mark = {"price_kind": "mark"}
    rows = [
        quote("BTCG6", 63000.0, quoted_at=QUOTED_AT - HOUR, **mark),
        quote("BTCG6", 63100.0, quoted_at=QUOTED_AT, **mark),
        quote("BTCH6", 63440.0, quoted_at=QUOTED_AT - HOUR),
        quote("BTCH6", 63500.0, quoted_at=QUOTED_AT, **mark),
        quote("BTCH6", None, quoted_at=QUOTED_AT),
    ]
    known = instruments(contract("BTCG6", 30.0), contract("BTCH6", 60.0))
    found = contract_basis(quotes(*rows), NONE, known, [DAY])
    assert dict(found.select("symbol", "future_price").iter_rows()) == {"BTCG6": 63100.0, "BTCH6": 63440.0}


def test_a_quote_without_an_index_takes_the_nearest_of_its_own_currency(quotes, quote, contract, instruments):
    """Fails where a USDT-quoted future is measured against a USD index."""
    made = quotes(quote("BTC-USDT-260327", 63440.0, None))
    known = instruments(contract("BTC-USDT-260327", 30.0, quote_currency="USDT"))
    usdt = {"quote_currency": "USDT"}
    offered = indexes(
        index(1.0),
        index(63000.0, QUOTED_AT - timedelta(seconds=50), **usdt),
        index(63100.0, QUOTED_AT + timedelta(seconds=10), **usdt),
    )
    row = contract_basis(made, offered, known, [DAY]).row(0, named=True)
    assert (row["index_price"], row["index_skew_seconds"]) == (63100.0, 10.0)
    assert contract_basis(made, offered.head(1), known, [DAY])["status"].to_list() == ["missing_index"]


def test_an_index_on_the_other_side_of_midnight_still_serves(quotes, quote, contract, instruments):
    """Fails where a snapshot taken at 00:00Z is cut in two by the calendar."""
    midnight = datetime(2026, 2, 6, tzinfo=UTC)
    made = quotes(quote("BTCG6", 63440.0, None, quoted_at=midnight))
    offered = indexes(index(63100.0, midnight - timedelta(seconds=5)))
    found = contract_basis(made, offered, instruments(contract("BTCG6", 30.0)), [date(2026, 2, 6)])
    assert found["status"].to_list() == [None]


def test_an_index_that_arrives_later_makes_a_vintage(quotes, quote, contract, instruments):
    """Fails where the value of an hour later answers for the hour before."""
    offered = indexes(
        index(63000.0, QUOTED_AT - timedelta(minutes=5), KNOWN_AT - HOUR),
        index(63100.0, QUOTED_AT, KNOWN_AT + HOUR),
        index(62000.0, QUOTED_AT - timedelta(minutes=9), KNOWN_AT + 2 * HOUR),
    )
    found = contract_basis(quotes(quote("BTCG6", 63440.0, None)), offered, instruments(contract("BTCG6", 30.0)), [DAY])
    assert found["recorded_at"].to_list() == [KNOWN_AT, KNOWN_AT + HOUR]
    assert found["status"].to_list() == ["stale_index", None]
    assert found["index_price"].to_list() == [63000.0, 63100.0]
    assert found["finality"].to_list() == ["final", "final"]


def test_finality_follows_the_day_and_restatements(quotes, quote, contract, instruments):
    """Fails where a part day is final, or a changed settlement is not called restated."""
    early, same = datetime(2026, 2, 5, 22, tzinfo=UTC), KNOWN_AT
    rows = [
        quote("BTCG6", 63440.0, known_at=early, price_kind="mark"),
        quote("BTCG6", 63440.0, known_at=same, raw_sha256="d" * 64, price_kind="mark"),
        quote("BTCG6", 63450.0, known_at=KNOWN_AT + HOUR, raw_sha256="e" * 64, price_kind="mark"),
    ]
    found = contract_basis(quotes(*rows), NONE, instruments(contract("BTCG6", 30.0)), [DAY])
    assert found["finality"].to_list() == ["preliminary", "final", "restated"]
    assert found["recorded_at"].to_list() == [early, same, KNOWN_AT + HOUR]
    assert found["raw_sha256"].to_list() == ["a" * 64, "d" * 64, "e" * 64]


@pytest.mark.parametrize(
    ("changes", "finality"),
    [
        ({"price_kind": "settle"}, "final"),
        ({"price_kind": "mark"}, "preliminary"),
        ({"price_kind": "mark", "quoted_at": datetime(2026, 2, 5, 23, tzinfo=UTC)}, "final"),
    ],
)
def test_a_settlement_or_the_days_last_hour_takes_the_sample(changes, finality, quotes, quote, contract, instruments):
    """A snapshot of 23:55 is never taken again: without this it would stay preliminary for ever."""
    row = quote("BTCG6", 63440.0, known_at=datetime(2026, 2, 5, 23, 56, tzinfo=UTC), **changes)
    found = contract_basis(quotes(row), NONE, instruments(contract("BTCG6", 30.0)), [DAY])
    assert found["finality"].to_list() == [finality]


@pytest.mark.parametrize(
    ("venue", "changes", "native", "coins"),
    [
        ("cme", {}, 21000.0, 105000.0),
        ("binance", {"margin_type": "inverse", "contract_value": 100.0}, 6344.0, 10.0),
        ("deribit", {"margin_type": "inverse", "contract_value": 1.0}, 634400.0, 10.0),
        ("bybit", {"contract_value": 1.0}, 12.0, 6.0),
        ("okx", {"contract_value": None}, 12.0, None),
    ],
)
def test_open_interest_in_coin_by_value_and_sides(venue, changes, native, coins, quotes, quote, contract, instruments):
    """Fails where dollars or contracts are taken for coins, or both sides of a position are counted."""
    made = quotes(quote("BTCG6", 63440.0, venue=venue, open_interest_native=native))
    known = instruments(contract("BTCG6", 30.0, venue=venue, **changes))
    assert contract_basis(made, NONE, known, [DAY])["open_interest_coin"].to_list() == [coins]


def test_only_the_dates_asked_for_come_back(quotes, quote, contract, instruments):
    """Fails where a day's run rewrites other days."""
    made = quotes(quote("BTCG6", 63440.0), quote("BTCG6", 63000.0, quoted_at=QUOTED_AT - timedelta(days=1)))
    found = contract_basis(made, NONE, instruments(contract("BTCG6", 30.0)), [DAY])
    assert found["fact_date"].unique().to_list() == [DAY]
    assert contract_basis(made.clear(), NONE, instruments(), [DAY]).schema == CONTRACTS.schema
