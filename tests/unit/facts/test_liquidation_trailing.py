"""Sums of the 24 hours before each full hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.facts.liquidation_trailing import trailing_24h

MIDNIGHT = datetime(2026, 2, 5, tzinfo=UTC)


def at(minute: float) -> datetime:
    return MIDNIGHT + timedelta(minutes=minute)


def events(*rows: tuple[float, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {"event_at": [at(m) for m, _ in rows], "notional_usd": [usd for _, usd in rows]},
        schema={"event_at": pl.Datetime("us", "UTC"), "notional_usd": pl.Float64},
    )


def ending(frame: pl.DataFrame, minute: float) -> list[tuple]:
    return frame.filter(pl.col("window_end_at") == at(minute)).select("notional_usd", "n_prints").rows()


def test_a_window_is_closed_to_the_left_as_days_are():
    """Fails where a print at midnight counts in the day before, or leaves its window a moment too soon."""
    found = trailing_24h(events((0, 5.0), (59.9, 7.0)))
    assert ending(found, 0) == []
    assert ending(found, 60) == ending(found, 24 * 60) == [(12.0, 2)]
    assert ending(found, 25 * 60) == []
    assert found["window_end_at"].is_sorted()
    assert found.height == 24


def test_prints_without_a_notional_are_counted_and_not_summed():
    """Fails where unknown becomes zero."""
    assert ending(trailing_24h(events((10, None))), 60) == [(None, 1)]
    assert ending(trailing_24h(events((10, None), (20, 3.0))), 60) == [(3.0, 2)]


def test_groups_are_summed_apart():
    """Fails where longs and shorts are added."""
    frame = events((0, 5.0), (0, 7.0)).with_columns(side=pl.Series(["long", "short"]))
    found = trailing_24h(frame, by=["side"]).filter(pl.col("window_end_at") == at(60))
    assert found.select("side", "notional_usd").rows() == [("long", 5.0), ("short", 7.0)]


@given(st.lists(st.tuples(st.integers(0, 3 * 1440 - 1), st.integers(1, 1000)), min_size=1, max_size=30))
def test_at_midnight_the_window_is_the_day(rows):
    """Fails where a reading at 24:00 is not the day's sum: the one instant at which both can be checked."""
    given_events = events(*((m, float(usd)) for m, usd in rows))
    found = trailing_24h(given_events)
    by_day = given_events.group_by(day=pl.col("event_at").dt.date()).agg(pl.col("notional_usd").sum(), n=pl.len())
    for day, usd, n in by_day.rows():
        end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        assert ending(found, (end - MIDNIGHT).total_seconds() / 60) == [(usd, n)]
    assert found["notional_usd"].sum() == 24 * given_events["notional_usd"].sum()
