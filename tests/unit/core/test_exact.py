"""A quotient is the same in a frame of one row and in one of many, whatever it is divided by."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.exact import divided

VALUE = pl.col("value")
values = st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=20)
divisors = st.sampled_from((3.0, 7, 365, 86_400, 1e6, 4 / 7))


@given(values, divisors)
def test_a_quotient_does_not_depend_on_the_rows_beside_it(values, by):
    """Fails where a day computed alone and the same day in a rebuild differ in the last digit."""
    frame = pl.DataFrame({"value": values})
    whole = frame.select(divided(VALUE, by)).to_series().to_list()
    assert whole == [value / by for value in values]
    assert whole == [frame[n : n + 1].select(divided(VALUE, by)).item() for n in range(len(values))]


@given(values, divisors)
def test_a_column_and_a_repeated_value_and_an_aggregate_divide_alike(values, by):
    """What a join or a literal gives is held as one value, what a file gives is not; both are published."""
    frame = pl.DataFrame({"value": values}).with_columns(column=pl.Series([float(by)] * len(values)), held=pl.lit(by))
    ways = frame.select(
        column=divided(VALUE, pl.col("column")),
        held=divided(VALUE, pl.col("held")),
        aggregate=divided(VALUE, pl.max("held")),
    )
    assert all(ways[name].to_list() == [value / by for value in values] for name in ways.columns)


def test_sums_of_groups_divide_alike():
    """The mean over venues of an hour would depend on how many hours were computed with it."""
    frame = pl.DataFrame({"group": [n // 2 for n in range(40)], "value": [n / 7 for n in range(40)]})
    sums = frame.group_by("group", maintain_order=True).agg(sum=VALUE.sum(), share=divided(VALUE.sum(), 0.7))
    assert sums["share"].to_list() == [sum_ / 0.7 for sum_ in sums["sum"]]


def test_nothing_known_gives_nothing():
    """A day without quotes has no rows and none of its own; a missing price is no zero."""
    assert pl.DataFrame({"value": []}, schema={"value": pl.Float64}).select(divided(VALUE, 3)).is_empty()
    unknown = pl.lit(None, pl.Float64)
    assert pl.select(divided(unknown, 3.0)).item() is None
    assert pl.select(divided(pl.lit(3.0), unknown)).item() is None


def test_plain_division_is_not_enough():
    """Where Polars rounds once by itself, this helper has no reason to be."""
    values = [n / 7 for n in range(1, 200)]
    plain = pl.DataFrame({"value": values}).select(VALUE / 3.3).to_series().to_list()
    assert plain != [value / 3.3 for value in values]
