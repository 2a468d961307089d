"""What quantity did to a value and what price did."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.value_change import value_effects

amounts = st.integers(0, 10**9).map(float)
prices = st.integers(0, 10**5).map(float)


def effects(q0: float | None, q1: float | None, p0: float | None, p1: float | None) -> tuple:
    quantity, price = value_effects(*(pl.lit(x, pl.Float64) for x in (q0, q1, p0, p1)))
    return pl.select(quantity=quantity, price=price).row(0)


@given(amounts, amounts, prices, prices)
def test_the_effects_sum_to_the_change_of_value_exactly(q0, q1, p0, p1):
    """A remainder would be a change that nobody caused."""
    assert sum(effects(q0, q1, p0, p1)) == pytest.approx(q1 * p1 - q0 * p0, rel=1e-12, abs=1e-3)


@given(amounts, amounts, prices, prices)
def test_turning_time_around_turns_the_signs(q0, q1, p0, p1):
    """A split that depends on which is taken first is a choice and not a fact."""
    assert effects(q1, q0, p1, p0) == pytest.approx(tuple(-x for x in effects(q0, q1, p0, p1)))


def test_only_what_changed_has_an_effect():
    """At one price nothing is the price's doing."""
    assert effects(10.0, 7.0, 2.0, 2.0) == (-6.0, 0.0)
    assert effects(10.0, 10.0, 2.0, 3.0) == (0.0, 10.0)


def test_an_unknown_price_is_no_zero():
    """The effects would say that a coin had no value."""
    assert effects(10.0, 7.0, None, 2.0) == (None, None)
