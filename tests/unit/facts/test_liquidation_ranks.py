"""Rank of a day among the 90 days that end with it."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.facts.liquidation_ranks import rank_in_window

FIRST = date(2025, 11, 1)


def days(values: dict[int, float | None], **columns) -> pl.DataFrame:
    """Daily values by the number of the day."""
    frame = pl.DataFrame(
        {"fact_date": [FIRST + timedelta(days=n) for n in values], "notional_usd": list(values.values())},
        schema={"fact_date": pl.Date, "notional_usd": pl.Float64},
    )
    return frame.with_columns(**{name: pl.lit(value) for name, value in columns.items()})


def of(number: int, frame: pl.DataFrame, **options) -> dict:
    found = rank_in_window(frame, **options)
    return found.filter(pl.col("fact_date") == FIRST + timedelta(days=number)).row(0, named=True)


def counts(row: dict) -> tuple:
    return row["rank_90d"], row["n_days_90d"], row["n_missing_days_90d"]


def test_the_rank_is_one_more_than_the_strictly_larger_days():
    """Fails where ties push one another down, or the day itself is left out."""
    frame = days({**{n: 5.0 for n in range(88)}, 88: 9.0, 89: 5.0})
    assert counts(of(89, frame)) == (2, 90, 0)
    assert counts(of(88, frame)) == (1, 89, 1)


def test_the_window_is_ninety_days_and_today_is_the_last():
    """Fails where the day 90 days ago still counts, or the 89th no longer does."""
    assert counts(of(89, days({0: 9.0, 89: 1.0}))) == (2, 2, 88)
    assert counts(of(90, days({0: 9.0, 90: 1.0}))) == (1, 1, 89)


def test_later_days_do_not_count():
    """Fails where the future ranks the past."""
    assert counts(of(10, days({10: 1.0, 11: 9.0}))) == (1, 1, 89)


def test_missing_days_are_counted_and_are_not_zero():
    """Fails where an absent or null day becomes a zero day, or is not told."""
    frame = days({80: None, 81: 0.0, 89: 0.0})
    assert counts(of(89, frame)) == (1, 2, 88)
    assert counts(of(80, frame)) == (None, 0, 90)


def test_days_of_another_regime_are_neither_ranked_nor_missing():
    """Fails where a throttled feed's days are compared with those of a complete one."""
    frame = days({0: 9.0, 79: 9.0, 80: 2.0, 88: 3.0, 89: 1.0}, since=FIRST + timedelta(days=80))
    found = of(89, frame, regime_from="since")
    assert (*counts(found), found["is_outside_regime"]) == (3, 3, 7, True)
    old = of(89, frame.with_columns(since=pl.lit(FIRST)), regime_from="since")
    assert (*counts(old), old["is_outside_regime"]) == (5, 5, 85, False)


def test_a_regime_that_has_only_a_name_begins_with_its_first_day():
    """Fails where the days of another regime are missing days: they are there, and of another kind."""
    named = days({0: 9.0, 79: 9.0, 80: 2.0, 89: 1.0}).with_columns(
        feed_regime=pl.when(pl.col("notional_usd") > 5).then(pl.lit("every")).otherwise(pl.lit("latest"))
    )
    begins = named.with_columns(since=pl.col("fact_date").min().over("feed_regime"))
    found = of(89, begins, regime_from="since")
    assert (*counts(found), found["is_outside_regime"]) == (2, 2, 8, True)


def test_groups_are_ranked_apart():
    """Fails where longs are ranked among shorts."""
    frame = pl.concat([days({0: 1.0, 1: 2.0}, side="long"), days({0: 9.0, 1: 8.0}, side="short")])
    found = rank_in_window(frame, by=["side"]).sort("side", "fact_date")
    assert found["rank_90d"].to_list() == [1, 1, 1, 2]


values = st.dictionaries(st.integers(0, 88), st.floats(0, 100), max_size=20)


@given(values, st.floats(0, 100), st.integers(0, 88), st.floats(0, 1))
def test_a_smaller_or_equal_day_never_changes_the_rank_and_a_larger_one_adds_one(before, today, when, share):
    """Fails where a rank depends on how many days are known instead of how many are larger."""
    base = {n: value for n, value in before.items() if n != when} | {89: today}
    rank = of(89, days(base))["rank_90d"]
    assert of(89, days(base | {when: today * share}))["rank_90d"] == rank
    assert of(89, days(base | {when: today + 1}))["rank_90d"] == rank + 1


@given(values, st.floats(0, 100), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_and_days_add_up_to_the_window(before, today, random):
    """Fails where a late day is ranked by its place in the file."""
    items = list((before | {89: today}).items())
    found = of(89, days(dict(items)))
    assert found == of(89, days(dict(random.sample(items, len(items)))))
    assert found["n_days_90d"] + found["n_missing_days_90d"] == 90
    assert 1 <= found["rank_90d"] <= found["n_days_90d"]
