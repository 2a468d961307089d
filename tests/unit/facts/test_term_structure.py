"""Constant maturities: nodes, brackets, interpolation, vintages."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.tables import TABLES
from transforms.facts.basis import contract_basis
from transforms.facts.term_structure import constant_maturity, nodes

TERM, CONTRACTS = TABLES["core_basis__term_structure"], TABLES["core_basis__contracts"]
NONE = TABLES["core_futures__indexes"].empty()
DAY = date(2026, 2, 5)
QUOTED_AT = datetime(2026, 2, 5, 21, tzinfo=UTC)
KNOWN_AT = datetime(2026, 2, 6, 1, tzinfo=UTC)


@pytest.fixture
def chain(quotes, quote, contract, instruments):
    """The contracts of a worked example, through the whole computation."""

    def make(case: dict) -> pl.DataFrame:
        given = case["inputs"]
        asof = datetime.fromisoformat(given["asof"])
        rows = [
            quote(
                c["contract"],
                c["settle"],
                given["spot"],
                quoted_at=asof,
                open_interest_native=c.get("oi_contracts"),
            )
            for c in given["chain"]
        ]
        known = [
            contract(
                c["contract"],
                datetime.fromisoformat(c["expiry"]),
                contract_value=c.get("contract_size_btc", 5.0),
            )
            for c in given["chain"]
        ]
        return contract_basis(quotes(*rows), NONE, instruments(*known), [asof.date()])

    return make


def node(days: float, price: float, spot: float = 63100.0, symbol: str | None = None, **changes) -> dict:
    """A row of `core_basis__contracts` that is a node."""
    row = {
        "fact_date": DAY,
        "venue": "cme",
        "symbol": symbol or f"BTC{days}",
        "asset": "BTC",
        "expires_at": QUOTED_AT + timedelta(days=days),
        "quoted_at": QUOTED_AT,
        "days_to_expiry": float(days),
        "future_price": price,
        "price_kind": "settle",
        "index_price": spot,
        "index_at": QUOTED_AT,
        "index_skew_seconds": 0.0,
        "basis_ratio": price / spot - 1,
        "basis_annualised_ratio": (price / spot - 1) * 365 / days,
        "open_interest_coin": 1.0,
        "is_node": True,
        "status": None,
        "finality": "final",
        "source": "settlement_csv",
        "raw_sha256": "a" * 64,
        "recorded_at": KNOWN_AT,
        "is_simulated": False,
    }
    return row | changes


def contracts(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=CONTRACTS.schema)


def rates(frame: pl.DataFrame) -> dict[int, float | None]:
    return dict(frame.select("tenor_days", "basis_annualised_ratio").iter_rows())


def test_rate_times_days_is_linear_between_the_brackets(example, chain):
    """Fails where the rate itself is interpolated: up to 26 basis points off (worked example basis_09)."""
    case = example("basis_09")
    found = constant_maturity(chain(case))
    assert found.schema == TERM.schema
    for row in found.iter_rows(named=True):
        expected = case["expected"]["tenors"][str(row["tenor_days"])]
        assert (row["left_symbol"], row["right_symbol"]) == (expected["left"], expected["right"])
        assert row["basis_annualised_ratio"] == pytest.approx(expected["basis_linear_bT"], abs=1e-10)
        assert row["basis_log_price_ratio"] == pytest.approx(expected["basis_linear_log_price"], abs=1e-10)
        assert row["forward_ratio"] == pytest.approx(expected["forward_yield"], abs=1e-10)
        assert row["synthetic_future_price"] == pytest.approx(expected["synthetic_future_linear"], rel=1e-12)
        assert (row["status"], row["finality"], row["gap_days"]) == (None, "final", None)


def test_contracts_of_one_expiry_are_one_node_weighted_by_coins(example, chain):
    """Fails where the bracket between two equal expiries divides by zero (worked example basis_11)."""
    case = example("basis_11")
    made = chain(case)
    for row, expected in zip(nodes(made).iter_rows(named=True), case["expected"]["nodes"], strict=True):
        assert row["symbols"] == expected["contracts"]
        assert row["node_price"] == pytest.approx(expected["node_price"], rel=1e-10)
        assert row["open_interest_coin"] == expected["oi_coin"]
        assert row["days"] == pytest.approx(expected["days"], rel=1e-12)
        assert row["basis_ratio"] * 365 / row["days"] == pytest.approx(expected["simple_act365"], abs=1e-10)
    expected_rate = case["expected"]["basis_30d_linear_bT"]
    assert rates(constant_maturity(made, [30]))[30] == pytest.approx(expected_rate, abs=1e-10)


def test_equal_weights_where_any_open_interest_is_missing():
    """Fails where a contract without open interest is left out or takes the whole weight."""
    made = contracts(
        node(20, 63400.0, symbol="A", open_interest_coin=1000.0),
        node(20, 63500.0, symbol="B", open_interest_coin=None),
    )
    row = nodes(made).row(0, named=True)
    assert (row["symbols"], row["node_price"], row["open_interest_coin"]) == ("A,B", 63450.0, None)


def test_a_negative_basis_keeps_its_sign(example, chain):
    """Fails where backwardation is clipped or made positive (worked example basis_13)."""
    case = example("basis_13")
    made = chain(case)
    front = made.filter(pl.col("symbol") == "BTCG6").row(0, named=True)
    assert front["basis_compound_ratio"] == pytest.approx(case["expected"]["compound_act365_front"], abs=1e-10)
    row = constant_maturity(made, [30]).row(0, named=True)
    assert row["basis_annualised_ratio"] == pytest.approx(case["expected"]["basis_30d_linear_bT"], abs=1e-10)
    assert row["forward_ratio"] == pytest.approx(case["expected"]["forward_yield"], abs=1e-10)


def test_nothing_is_extrapolated():
    """Fails where the nearest contract's rate is held flat beyond the last expiry."""
    found = constant_maturity(contracts(node(40, 63400.0), node(100, 64400.0)))
    by_tenor = {row["tenor_days"]: row for row in found.iter_rows(named=True)}
    assert [by_tenor[t]["status"] for t in (30, 60, 90, 120)] == [
        "no_left_bracket",
        None,
        None,
        "no_right_bracket",
    ]
    assert [by_tenor[t]["gap_days"] for t in (30, 60, 90, 120)] == [10.0, None, None, 20.0]
    for tenor in (30, 120):
        values = ("basis_annualised_ratio", "forward_ratio", "synthetic_future_price", "index_price")
        assert [by_tenor[tenor][name] for name in values] == [None] * 4
    assert (by_tenor[30]["right_symbol"], by_tenor[120]["left_symbol"]) == ("BTC40", "BTC100")


def test_a_venue_with_only_ineligible_contracts_says_so():
    """Fails where a day without eligible contracts has no row, so that it looks like no data."""
    found = constant_maturity(contracts(node(0.5, 63100.0, is_node=False, status="under_1_day")))
    assert found["status"].to_list() == ["no_contracts"] * 4
    assert found["basis_annualised_ratio"].null_count() == 4
    assert found["source"].to_list() == ["settlement_csv"] * 4


def test_a_contract_under_seven_days_serves_as_a_node():
    """Fails where the near bracket is lost in the week of an expiry."""
    found = constant_maturity(contracts(node(3, 63130.0, status="under_7_days"), node(50, 63700.0)), [30])
    assert found["status"].to_list() == [None]


def test_each_contract_is_compared_with_its_own_index():
    """Fails where USD and USDT futures are interpolated by price."""
    made = contracts(node(20, 63100.0 * 1.01), node(40, 63000.0 * 1.03, spot=63000.0))
    row = constant_maturity(made, [30]).row(0, named=True)
    assert row["basis_annualised_ratio"] == pytest.approx(0.02 * 365 / 30, abs=1e-12)
    assert row["index_price"] == pytest.approx(63050.0)
    assert row["synthetic_future_price"] == pytest.approx(63050.0 * 1.02)


def test_each_cut_uses_what_was_known_then():
    """Fails where a late contract or a restatement changes what was answered before."""
    later, last = KNOWN_AT + timedelta(hours=1), KNOWN_AT + timedelta(hours=2)
    found = constant_maturity(
        contracts(
            node(20, 63300.0),
            node(40, 63500.0, recorded_at=later, raw_sha256="b" * 64),
            node(20, 63310.0, recorded_at=last, raw_sha256="c" * 64, finality="restated"),
        ),
        [30],
    )
    assert found["recorded_at"].to_list() == [KNOWN_AT, later, last]
    assert found["status"].to_list() == ["no_right_bracket", None, None]
    assert found["raw_sha256"].to_list() == ["a" * 64, "b" * 64, "c" * 64]
    assert found["finality"].to_list() == ["final", "final", "restated"]
    assert found["synthetic_future_price"].to_list()[1:] == pytest.approx([63400.0, 63405.0])


def test_a_cut_that_changes_no_point_is_no_vintage():
    """Fails where a far contract makes a vintage of every tenor."""
    later = KNOWN_AT + timedelta(hours=1)
    found = constant_maturity(
        contracts(node(20, 63300.0), node(40, 63500.0), node(300, 66000.0, recorded_at=later)), [30]
    )
    assert found["recorded_at"].to_list() == [KNOWN_AT]


curve = st.dictionaries(st.integers(1, 400), st.floats(40_000, 90_000, allow_nan=False), min_size=1, max_size=8)


@settings(max_examples=80, deadline=None)
@given(curve, st.randoms(use_true_random=False))
def test_interpolation_is_exact_at_nodes_and_is_the_price_line_between(prices, random):
    """Fails where interpolation leaves the price line, loses a sign or depends on the order of rows."""
    rows = [node(days, price) for days, price in prices.items()]
    random.shuffle(rows)
    tenors = (30, 60, 90, 120, *prices)
    found = constant_maturity(contracts(*rows), tuple(dict.fromkeys(tenors)))
    random.shuffle(rows)
    assert found.equals(constant_maturity(contracts(*rows), tuple(dict.fromkeys(tenors))))
    days = sorted(prices)
    for row in found.iter_rows(named=True):
        tenor = row["tenor_days"]
        left = max((d for d in days if d <= tenor), default=None)
        right = min((d for d in days if d >= tenor), default=None)
        if left is None or right is None:
            assert row["basis_annualised_ratio"] is None
            assert row["status"] in ("no_left_bracket", "no_right_bracket")
            continue
        share = (tenor - left) / (right - left) if right > left else 0.0
        price = prices[left] + (prices[right] - prices[left]) * share
        rate = (price / 63100.0 - 1) * 365 / tenor
        assert row["basis_annualised_ratio"] == pytest.approx(rate, abs=1e-9)
        assert row["synthetic_future_price"] == pytest.approx(price, rel=1e-12)
        if left == right:
            assert row["forward_ratio"] is None
            assert math.isclose(row["basis_annualised_ratio"], rate, rel_tol=1e-12, abs_tol=1e-14)
