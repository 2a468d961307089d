"""What holds of every curve: nodes, brackets, splits, order, as-of."""

from __future__ import annotations

import math
from datetime import timedelta

import polars as pl
import pytest
from basis_nodes import KNOWN_AT, contracts, node
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from transforms.facts.term_structure import constant_maturity

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


@settings(max_examples=40, deadline=None)
@given(curve.filter(lambda prices: len(prices) > 1), st.sampled_from((30, 45, 60, 90)))
def test_the_point_lies_between_its_brackets(prices, tenor):
    """Fails where an interpolated price leaves its bracket: between two nodes the line is monotone."""
    row = constant_maturity(contracts(*(node(d, p) for d, p in prices.items())), [tenor]).row(0, named=True)
    if row["status"] is None:
        ends = sorted((prices[row["left_days"]], prices[row["right_days"]]))
        assert ends[0] * (1 - 1e-12) <= row["synthetic_future_price"] <= ends[1] * (1 + 1e-12)
        slope = (ends[1] - ends[0]) * (1 if prices[row["right_days"]] >= prices[row["left_days"]] else -1)
        assert row["forward_ratio"] is None or row["forward_ratio"] * slope >= 0


@settings(max_examples=40, deadline=None)
@given(curve, st.floats(0.01, 0.99), st.integers(0, 7))
def test_a_contract_split_in_two_of_the_same_expiry_changes_nothing(prices, share, position):
    """Fails where two listings of one thing count more than one, or bend the curve."""
    whole = [node(days, price) for days, price in prices.items()]
    chosen = whole[position % len(whole)]
    parts = [
        chosen | {"symbol": f"{chosen['symbol']}-{n}", "open_interest_coin": coins}
        for n, coins in enumerate((share, 1 - share))
    ]
    rest = [row for row in whole if row is not chosen]
    once, split = constant_maturity(contracts(*whole)), constant_maturity(contracts(*rest, *parts))
    names = ("basis_annualised_ratio", "basis_log_price_ratio", "forward_ratio", "gap_days", "open_interest_coin")
    assert_frame_equal(once.select("tenor_days", "status", *names), split.select("tenor_days", "status", *names))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from((20, 40, 70, 130)), st.floats(60_000, 66_000), st.integers(0, 5)),
                min_size=1, max_size=8))  # fmt: skip
def test_what_was_answered_as_of_an_instant_stays(changes):
    """Fails where something learned later alters an earlier answer: as-of must be monotone."""
    rows = {(days, hour): node(days, price, recorded_at=KNOWN_AT + timedelta(hours=hour))
            for days, price, hour in changes}  # fmt: skip
    ordered = sorted(rows.values(), key=lambda row: row["recorded_at"])
    whole = constant_maturity(contracts(*ordered))
    for n in range(1, len(ordered) + 1):
        cut = ordered[n - 1]["recorded_at"]
        if n == len(ordered) or ordered[n]["recorded_at"] > cut:
            assert constant_maturity(contracts(*ordered[:n])).equals(whole.filter(pl.col("recorded_at") <= cut))
