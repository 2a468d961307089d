"""Constant maturities: nodes, brackets, interpolation, vintages."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest
from basis_nodes import KNOWN_AT, contracts, node

from schemas.tables import TABLES
from transforms.facts.basis import contract_basis
from transforms.facts.basis_rates import measured
from transforms.facts.term_structure import at_tenors, constant_maturity, forward_yield, nodes, rate_between

TERM, NONE = TABLES["core_basis__term_structure"], TABLES["core_futures__indexes"].empty()


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


def between(row: dict, scheme: str) -> float:
    """The rate of a row's brackets by a scheme."""
    names = ("left_days", "left_basis_ratio", "right_days", "right_basis_ratio", "tenor_days")
    return pl.select(rate_between(*(pl.lit(row[name]) for name in names), scheme)).item()


def test_every_scheme_of_the_worked_example_and_its_distance(example, chain_of):
    """METHOD §3 has them in basis points: 0.3 for log prices, 26 for rates (worked example basis_09)."""
    case = example("basis_09")
    contracts_of_case = measured(chain_of(case["inputs"]))
    for row, expected in zip(contracts_of_case.iter_rows(named=True), case["expected"]["contract_rates"], strict=True):
        assert (row["symbol"], row["days_to_expiry"]) == (expected["contract"], pytest.approx(expected["days"]))
        assert row["basis_annualised_ratio"] == pytest.approx(expected["simple_act365"], abs=1e-10)
    found = at_tenors(nodes(contracts_of_case), case["inputs"]["targets_days"])
    assert found.height == len(case["expected"]["tenors"])
    for row in found.iter_rows(named=True):
        expected = case["expected"]["tenors"][str(row["tenor_days"])]
        headline, price = row["basis_annualised_ratio"], row["synthetic_future_price"]
        assert (row["left_symbol"], row["right_symbol"]) == (expected["left"], expected["right"])
        assert headline == pytest.approx(expected["basis_linear_bT"], abs=1e-10)
        assert row["forward_ratio"] == pytest.approx(expected["forward_yield"], abs=1e-10)
        assert price == pytest.approx(expected["synthetic_future_linear"], rel=1e-12)
        on_price_line = (price / row["index_price"] - 1) * 365 / row["tenor_days"]
        assert on_price_line == pytest.approx(expected["basis_linear_price"], abs=1e-10)
        log_price, rate = between(row, "log_price"), between(row, "rate")
        assert log_price == row["basis_log_price_ratio"]
        assert log_price == pytest.approx(expected["basis_linear_log_price"], abs=1e-10)
        assert rate == pytest.approx(expected["basis_linear_rate"], abs=1e-10)
        assert (log_price - headline) * 1e4 == pytest.approx(expected["spread_log_minus_bT_bp"], abs=1e-8)
        assert (rate - headline) * 1e4 == pytest.approx(expected["spread_rate_minus_bT_bp"], abs=1e-8)


@pytest.mark.parametrize("prefix", ["basis_11", "basis_13"])
def test_a_stranger_gets_the_tenor_from_the_example_alone(prefix, example, chain_of):
    """Equal expiries and backwardation need no warehouse (worked examples basis_11, basis_13)."""
    case = example(prefix)
    given, expected = case["inputs"], case["expected"]
    found = at_tenors(nodes(measured(chain_of(given))), [given["target_days"]]).row(0, named=True)
    assert found["basis_annualised_ratio"] == pytest.approx(expected["basis_30d_linear_bT"], abs=1e-10)
    assert found["forward_ratio"] == pytest.approx(expected.get("forward_yield", found["forward_ratio"]), abs=1e-10)
    for row, node_of in zip(nodes(measured(chain_of(given))).rows(named=True), expected.get("nodes", ()), strict=False):
        assert row["node_price"] == pytest.approx(node_of["node_price"], rel=1e-10)
        assert row["open_interest_coin"] == pytest.approx(node_of["oi_coin"])
        assert row["basis_annualised_ratio"] == pytest.approx(node_of["simple_act365"], abs=1e-10)


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


def test_spot_as_a_node_is_a_flagged_variant_that_holds_the_front_flat():
    """Fails where an extrapolated value is in the headline, or stands beside it without a mark."""
    front, far = node(40, 63400.0), node(100, 64400.0)
    by_tenor = {row["tenor_days"]: row for row in constant_maturity(contracts(front, far)).iter_rows(named=True)}
    near, inside, beyond = by_tenor[30], by_tenor[60], by_tenor[120]
    assert (near["status"], near["basis_annualised_ratio"], near["is_spot_node"]) == ("no_left_bracket", None, True)
    assert near["basis_spot_node_ratio"] == pytest.approx(front["basis_annualised_ratio"], rel=1e-12)
    through_spot = rate_between(pl.lit(0.0), pl.lit(0.0), pl.lit(40.0), pl.lit(front["basis_ratio"]), 30)
    assert near["basis_spot_node_ratio"] == pytest.approx(pl.select(through_spot).item(), rel=1e-12)
    assert (inside["basis_spot_node_ratio"], inside["is_spot_node"]) == (inside["basis_annualised_ratio"], False)
    assert (beyond["basis_spot_node_ratio"], beyond["is_spot_node"]) == (None, False)


def test_two_nodes_at_one_instant_have_no_forward():
    """Fails where a bracket of no width divides by zero."""
    same = pl.select(forward_yield(pl.lit(30.0), pl.lit(0.01), pl.lit(30.0), pl.lit(0.02))).item()
    assert same is None


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
