"""Division by a constant is the same in a frame of one row and in one of many."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.exact import divided


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=20), st.sampled_from((3.0, 365, 86_400, 1e6)))
def test_a_quotient_does_not_depend_on_the_rows_beside_it(values, by):
    """Fails where a day computed alone and the same day in a rebuild differ in the last digit."""
    frame = pl.DataFrame({"value": values})
    whole = frame.select(divided(pl.col("value"), by)).to_series().to_list()
    assert whole == [value / by for value in values]
    assert whole == [frame[n : n + 1].select(divided(pl.col("value"), by)).item() for n in range(len(values))]


def test_an_empty_frame_stays_empty():
    """A day without quotes has no rows, and no row of its own."""
    assert pl.DataFrame({"value": []}, schema={"value": pl.Float64}).select(divided(pl.col("value"), 3)).is_empty()
