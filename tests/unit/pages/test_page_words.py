"""Numbers as pages write them."""

from __future__ import annotations

import pytest

from orchestration.pages import words


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (12.0, "12"), (999.4, "999"), (1000.0, "1.00k"), (-344_810_000.0, "−345m"), (12_340_000.0, "12.3m"),
     (999_999.0, "1.00m"), (1.8616e11, "186bn"), (-0.001, "0.00"), (None, "–")],
)  # fmt: skip
def test_a_number_is_shortened_to_three_digits(value, text):
    """`1,000k`, a hyphen for a minus, or `−0.00` makes a page look wrong where it is right."""
    assert words.short(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e6, "+$1.00m"), (-1e6, "−$1.00m"), (0.0, "$0"), (None, "–"), (0.001, "$0.00")],
)
def test_a_change_has_its_sign_and_nothing_has_none(value, text):
    """`+$0.00` claims a gain, and `+–` a gain that nobody knows."""
    assert words.signed(words.usd(value)) == text


def test_rates_are_in_per_cent_and_their_differences_in_points():
    """`+2.5 %` of a rate of 5 % may be 0.125 points or 2.5."""
    assert words.percent(-0.34341) == "−34.34%"
    assert words.percent(-0.000001) == "0.00%"
    assert words.points(0.025) == "+2.50 pp"
    assert words.fine(-3e-5) == "−0.0030%"


def test_a_shortened_number_keeps_its_exact_value_beside_it():
    """Who copies a number from a page must be able to have the whole of it."""
    assert words.FILTERS["usd"](-123_456_789.5) == '<data value="-123456789.5">−$123m</data>'


def test_code_in_a_description_is_code_and_the_rest_is_text():
    """Descriptions are declared once, for Markdown and for the site."""
    assert words.ticks("null, see `status` <b>") == "null, see <code>status</code> &lt;b&gt;"
