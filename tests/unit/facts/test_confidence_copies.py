"""Venues of one vendor that are given one and the same series."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.rules import COPY_MIN_DAYS
from transforms.facts.confidence_copies import copied, copied_series, significant_digits

FIRST = date(2026, 1, 1)


def rows(days, **venues):
    """Open interest per venue: a function of the day's number, or one number for every day."""
    return pl.DataFrame(
        [
            {
                "source": "vendor",
                "fact_date": FIRST + timedelta(days=n),
                "asset": "all",
                "venue": venue,
                "open_interest_usd": value(n) if callable(value) else value,
            }
            for n in range(days)
            for venue, value in venues.items()
        ],
        schema_overrides={"open_interest_usd": pl.Float64},
    )


def flagged(frame):
    return set(copied(frame).filter("is_copied")["venue"])


def test_one_day_of_equal_long_numbers_is_a_copy():
    """Three venues cannot have the same open interest to the cent: whose it is cannot be told."""
    assert flagged(rows(1, kraken=123_456.78, gate=123_456.78, okx=123_456.79)) == {"kraken", "gate"}


def test_equal_round_numbers_are_chance_until_they_are_equal_on_many_days():
    """Two small venues may both hold 1,000 contracts on a quiet day, and not for a month."""
    assert flagged(rows(COPY_MIN_DAYS - 1, kraken=1000.0, gate=1000.0)) == set()
    assert flagged(rows(COPY_MIN_DAYS, kraken=1000.0, gate=1000.0)) == {"kraken", "gate"}


def test_zero_null_another_asset_and_another_vendor_are_no_copies():
    """Two venues without open interest have nothing in common, and a second vendor confirms."""
    assert flagged(rows(99, kraken=0.0, gate=0.0, okx=None, bybit=None)) == set()
    same = rows(1, kraken=123_456.78)
    other = same.with_columns(venue=pl.lit("gate"))
    for column in ("source", "asset"):
        assert flagged(pl.concat([same, other.with_columns(pl.lit("x").alias(column))])) == set()


def test_only_the_days_that_are_equal_are_flagged():
    """A venue that gets a series of its own is believed from that day on."""
    frame = rows(10, kraken=lambda n: 123_456.7 + n, gate=lambda n: 123_456.7 + n if n < 6 else 99.5 + n)
    days = copied(frame).filter("is_copied").group_by("venue").len()
    assert dict(days.iter_rows()) == {"gate": 6, "kraken": 6}
    assert copied_series(frame).select("venue", "other", "n_same", "n_both").rows() == [("gate", "kraken", 6, 10)]


@pytest.mark.parametrize(
    ("value", "digits"), [(0.0, 0), (1000.0, 1), (123_456.78, 8), (-1.25e-9, 3), (6.5e20, 2), (100_001.0, 6)]
)
def test_significant_digits_are_counted_as_written(value, digits):
    """Trailing zeros of a round number say nothing."""
    assert pl.DataFrame({"v": [value]}).select(significant_digits(pl.col("v"))).item() == digits


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(1.0, 1e12), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_rows_stay_as_they_were_whatever_their_order(values, random):
    """Fails where flagging multiplies rows, or depends on which venue is read first."""
    frame = pl.concat([rows(1, **{f"v{n}": value}) for n, value in enumerate(values)])
    found = copied(frame)
    assert found.drop("is_copied").equals(frame)
    shuffled = copied(frame.sample(fraction=1.0, shuffle=True, seed=random.randrange(99)))
    assert shuffled.sort("venue").equals(found.sort("venue"))


def test_the_three_venues_of_the_real_export_are_copies(realdata):
    """Fails where one series is published as the open interest of three venues."""
    wide = pl.read_csv(
        realdata / "artemis" / "Centralized Exchanges - Open Interest.csv",
        try_parse_dates=True,
        infer_schema_length=None,
    )
    long = wide.unpivot(index="date", variable_name="venue", value_name="open_interest_usd")
    frame = long.rename({"date": "fact_date"}).with_columns(source=pl.lit("artemis_open_interest"), asset=pl.lit("all"))
    days = copied(frame).filter("is_copied").group_by("venue").len().sort("venue").rows()
    assert days == [("Crypto.com", 1260), ("Gate.io", 1260), ("Kraken", 1260)]
    assert copied_series(frame).height == 3
