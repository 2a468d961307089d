"""Arithmetic that published figures must obey, against the worked examples and by its invariants."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.facts.claims import (
    FORMULAS,
    change_ratio,
    evaluate,
    level_after,
    level_before,
    one_sided_probability,
    rarity_ratio,
    share,
    total,
    two_sided_probability,
    weighted_change,
)

FLOWS = (561.8, -272.0, -544.9)
# The figures of the articles, put through the functions; the keys are those of the worked example.
IDENTITIES = {
    "price_24h_ago_btc_from_62.9k_minus_14.1pct": level_before(62.9, -0.141),
    "open_close_change_73100_to_62600_pct": change_ratio(73_100, 62_600),
    "seed000_62.9_vs_seed002_62.6_gap_pct": change_ratio(62.6, 62.9),
    "rebound_60000_to_71422_pct": change_ratio(60_000, 71_422),
    "17pct_above_60000": level_after(60_000, 0.17),
    "12pct_above_62600": level_after(62_600, 0.12),
    "long_share_of_1.45B": share(1.24, 1.45),
    "btc_eth_sol_sum_m": total(739, 337, 77),
    "expiry_sum_b": total(2.15, 0.408),
    "etf_mtd_2_to_5_feb": total(*FLOWS, -434.1),
    "etf_mtd_if_5feb_is_-290": total(*FLOWS, -290),
    "etf_mtd_if_5feb_is_+300": total(*FLOWS, 300),
    "oi_61_to_49_pct": change_ratio(61, 49),
    "oi_62_to_49_pct": change_ratio(62, 49),
    "step_sol_implied_price_usd": share(30e6, 261_854),
    "market_cap_change_if_btc_58pct_down_14.1_rest_flat_pct": weighted_change(0.58, -0.141),
    "p_two_sided_3.5_sigma": two_sided_probability(3.5),
}


def test_every_identity_of_the_articles_figures_is_the_worked_one(example):
    """The month to date reconciles with one of three totals only; a slip in the sum would pick another."""
    case = example("seed_48")
    tolerance = case["tolerance"]
    assert pytest.approx(case["expected"], rel=tolerance["rel"], abs=tolerance["abs"]) == IDENTITIES


def test_worked_example_of_the_rarity_of_three_and_a_half_sigma(example):
    """One-sided for two-sided is a factor of two, and "ten times rarer" would be nearly right."""
    case = example("cross_45")
    z, reference = case["inputs"]["z"], case["inputs"]["z_ref"]
    found = {
        "p_two_sided_3_5": two_sided_probability(z),
        "p_two_sided_3": two_sided_probability(reference),
        "ratio": rarity_ratio(z, reference),
        "p_one_sided_3_5": one_sided_probability(z),
    }
    assert found == pytest.approx(case["expected"], rel=case["tolerance"]["rel"], abs=case["tolerance"]["abs"])


@settings(deadline=None)
@given(st.floats(-8, 8))
def test_a_two_sided_probability_does_not_know_the_sign_and_is_at_most_one(z):
    """A z-score is printed with and without its sign."""
    assert two_sided_probability(z) == two_sided_probability(-z)
    assert 0 < two_sided_probability(z) <= 1
    assert one_sided_probability(z) + one_sided_probability(-z) == pytest.approx(1)


@given(st.floats(0.01, 1e9), st.floats(-0.99, 10))
def test_a_change_leads_to_the_level_and_back(level, change):
    """The base that a printed change implies must give that change again."""
    assert level_before(level_after(level, change), change) == pytest.approx(level)
    assert change_ratio(level, level_after(level, change)) == pytest.approx(change, abs=1e-9)


@given(st.lists(st.integers(-(10**6), 10**6)))
def test_the_order_of_the_parts_does_not_matter(parts):
    """A sum that depends on its order cannot be compared to the last digit."""
    tenths = [part / 10 for part in parts]
    assert total(*tenths) == total(*reversed(tenths))


@pytest.mark.parametrize(
    ("formula", "arguments"), [("change_ratio", "0 1"), ("level_before", "5 -1"), ("share", "1 0")]
)
def test_a_base_of_zero_is_refused(formula, arguments):
    """Infinity is no finding."""
    with pytest.raises(ZeroDivisionError):
        evaluate(formula, arguments)


def test_a_formula_is_named_in_the_table_of_checks():
    """A misspelt name must not pass for a claim that nothing is known of."""
    assert evaluate("rarity_ratio", "3.5 3") == rarity_ratio(3.5, 3)
    assert "rarity" not in FORMULAS
    with pytest.raises(KeyError):
        evaluate("rarity", "3.5 3")
