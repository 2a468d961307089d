"""Funding: intervals by the stamps, one basis, who pays, means over venues (METHOD section 4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.facts.funding import (
    accrual_date,
    annualised_compound_8h,
    annualised_simple,
    at_cap,
    daily_funding,
    eight_hour_equivalent,
    interval_hours,
    long_cash_flow,
    on_own_interval,
    payer,
    settled_rates,
    weighted_funding,
)

START = datetime(2026, 2, 4, 16, tzinfo=UTC)
DAY = date(2026, 2, 5)


def settled(gaps: list[float], rates: list[float] | float = 1e-4, **columns) -> pl.DataFrame:
    """One series that begins at 16:00 of the day before, with these hours between its stamps."""
    stamps = [START]
    for gap in gaps:
        stamps.append(stamps[-1] + timedelta(hours=gap))
    values = rates if isinstance(rates, list) else [rates] * len(stamps)
    return pl.DataFrame({"settled_at": stamps, "rate_ratio": values, **columns})


def value(expression: pl.Expr) -> float:
    return pl.select(expression).item()


@pytest.mark.parametrize(
    ("gaps", "hours", "after_gap"),
    [
        ([8, 8, 8], [8, 8, 8, 8], []),
        ([8, 8, 8, 4, 4, 1, 1, 1], [8, 8, 8, 8, 4, 4, 1, 1, 1], []),
        ([1, 1, 1, 4, 4, 8, 8, 8], [1, 1, 1, 1, 4, 4, 8, 8, 8], []),
        ([8, 8, 16, 8, 8], [8] * 6, [3]),
        ([1, 1, 2, 2, 1, 1], [1] * 7, [3, 4]),
        ([1, 1, 1, 24, 24, 24, 1, 1, 1, 1], [1] * 11, [4, 5, 6]),
        ([16, 8, 8], [8] * 4, [1]),
        ([24, 24, 24], [24] * 4, []),
        ([8, 4, 4, 1, 1, 1], [8, 8, 4, 4, 1, 1, 1], []),
        ([8, 1, 1, 1], [8, 8, 1, 1, 1], []),
    ],
)
def test_the_interval_is_the_distance_of_the_stamps_unless_a_settlement_is_missing(gaps, hours, after_gap):
    """Fails where a lost settlement becomes an interval of 16 hours, or a change of interval a lost settlement."""
    found = interval_hours(settled(gaps))
    assert found["interval_hours"].to_list() == hours
    assert found.with_row_index().filter("is_after_gap")["index"].to_list() == after_gap


def test_the_newest_stamp_after_a_longer_distance_is_taken_for_a_gap_until_the_next_one_comes():
    """Fails where the last distance of a series decides alone."""
    assert interval_hours(settled([4, 4, 8]))["interval_hours"].to_list()[-1] == 4
    assert interval_hours(settled([4, 4, 8, 8]))["interval_hours"].to_list()[-2:] == [8, 8]


def test_the_venues_word_confirms_a_longer_interval_and_is_flagged_where_it_differs():
    """Fails where the field overrules the stamps, or a difference passes without a word."""
    stated = settled([4, 4, 8], stated_interval_hours=[4.0, 4.0, 8.0, 8.0])
    found = interval_hours(stated)
    assert found["interval_hours"].to_list() == [4, 4, 4, 8]
    assert found["is_interval_mismatch"].to_list() == [False, False, True, False]


def test_the_first_stamp_takes_the_stated_interval_or_else_the_next_ones():
    """Fails where a series loses its first settlement for want of one before it."""
    assert interval_hours(settled([4, 4]))["interval_hours"][0] == 4
    assert interval_hours(settled([4, 4], stated_interval_hours=[8.0, 4.0, 4.0]))["interval_hours"][0] == 8
    assert interval_hours(settled([]))["interval_hours"].to_list() == [None]


def test_series_of_venues_symbols_and_feeds_are_apart():
    """Fails where the stamp before is another contract's."""
    two = pl.concat([settled([8, 8], venue=["okx"] * 3), settled([1, 1], venue=["hyperliquid"] * 3)])
    hours = interval_hours(two).group_by("venue").agg(pl.col("interval_hours").unique()).sort("venue")
    assert hours["interval_hours"].to_list() == [[1.0], [8.0]]


def test_eight_hours_are_eight_over_the_interval():
    """Fails where the factor is inverted, as one vendor's page prints it."""
    assert value(eight_hour_equivalent(pl.lit(-7.5e-5), pl.lit(1.0))) == pytest.approx(-6e-4, abs=1e-18)
    assert value(eight_hour_equivalent(pl.lit(1e-4), pl.lit(0.0))) is None


def test_a_rate_on_eight_hours_stamped_hourly_pays_an_eighth_each_hour():
    """Fails where a basis is taken for an interval: the day would be eight times too much."""
    assert value(on_own_interval(pl.lit(8e-4), pl.lit(8.0), pl.lit(1.0))) == pytest.approx(1e-4)
    assert value(on_own_interval(pl.lit(8e-4), pl.lit(None, pl.Float64), pl.lit(1.0))) == 8e-4
    hourly = settled_rates(settled([1, 1], 8e-4, rate_basis_hours=[8.0] * 3))
    assert hourly["rate_8h_ratio"].to_list() == pytest.approx([8e-4] * 3)


def test_a_settlement_belongs_to_the_day_that_it_pays_for():
    """Fails where the stamp of 24:00 opens the next day."""
    stamps = pl.DataFrame({"t": [datetime(2026, 2, 5, tzinfo=UTC), datetime(2026, 2, 6, tzinfo=UTC)]})
    assert stamps.select(accrual_date(pl.col("t")))["t"].to_list() == [date(2026, 2, 4), DAY]


def test_a_day_is_the_sum_of_its_settlements_and_not_the_mean_times_three():
    """Fails where the interval changes within the day and a mean stands for the sum."""
    rates = [9.0, 9.0, -1e-3, -2e-4, -2e-4, *[-1e-4] * 8]
    day = daily_funding(settled([8, 8, 4, 4, *[1] * 8], rates)).filter(fact_date=DAY).row(0, named=True)
    assert day["funding_ratio"] == pytest.approx(-2.2e-3)
    assert day["funding_ratio"] != pytest.approx(3 * sum(rates[2:]) / 11)
    assert (day["n_settlements"], day["hours_covered"]) == (11, 24.0)
    assert (day["interval_min_hours"], day["interval_max_hours"]) == (1.0, 8.0)
    assert day["funding_8h_ratio"] == pytest.approx(-2.2e-3 / 3)
    assert day["funding_annualised_ratio"] == pytest.approx(-2.2e-3 * 365)


def test_a_day_by_itself_tells_its_intervals_and_its_sum():
    """Fails where the first distance of a short series is a gap, since the ones after it are shorter."""
    stamps = [0, 8, 12, 16, *range(17, 25)]
    rates = [0.01, -0.0006, -0.0004, -0.0004, *[-0.00025] * 8]
    midnight = datetime(2026, 2, 5, tzinfo=UTC)
    alone = pl.DataFrame({"settled_at": [midnight + timedelta(hours=h) for h in stamps], "rate_ratio": rates})
    day = daily_funding(alone.reverse()).filter(fact_date=DAY).row(0, named=True)
    assert settled_rates(alone)["interval_hours"].to_list()[1:] == [8, 4, 4, *[1] * 8]
    assert (day["n_settlements"], day["hours_covered"]) == (11, 24.0)
    assert day["funding_ratio"] == pytest.approx(-0.0034, abs=1e-15)
    assert 3 * sum(rates[1:]) / 11 == pytest.approx(-0.0034 * 3 / 11)
    assert day["funding_8h_ratio"] == pytest.approx(-0.0034 / 3, abs=1e-15)
    assert day["funding_annualised_ratio"] == pytest.approx(-1.241, abs=1e-12)


def test_a_day_that_lacks_a_settlement_covers_fewer_hours():
    """Fails where a lost settlement is bridged, and the day looks whole."""
    whole = daily_funding(settled([8] * 4)).filter(fact_date=DAY).row(0, named=True)
    lacking = daily_funding(settled([8, 16, 8, 8, 8])).filter(fact_date=DAY).row(0, named=True)
    assert (whole["hours_covered"], whole["n_settlements"]) == (24.0, 3)
    assert (lacking["hours_covered"], lacking["n_settlements"]) == (16.0, 2)
    assert lacking["funding_8h_ratio"] == pytest.approx(1e-4)


def test_stamps_that_straddle_midnight_cover_the_day_with_the_next_days_first():
    """Fails where a venue that settles at 04:00, 12:00 and 20:00 never has a whole day."""
    off = settled([8] * 6).with_columns(pl.col("settled_at").dt.offset_by("4h"))
    assert daily_funding(off).filter(fact_date=DAY)["hours_covered"].to_list() == [24.0]
    known = off.filter(pl.col("settled_at") < datetime(2026, 2, 6, tzinfo=UTC))
    assert daily_funding(known).filter(fact_date=DAY)["hours_covered"].to_list() == [20.0]


def test_a_delisted_contract_ends_and_does_not_go_to_zero():
    """Fails where days after the last settlement are filled with zeros."""
    assert daily_funding(settled([8] * 4))["fact_date"].max() == date(2026, 2, 6) - timedelta(days=1)


def test_who_pays_and_how_much(example):
    """Fails where the sign is turned: negative means that shorts pay longs (worked example fund_18)."""
    case = example("fund_18")
    notional = case["inputs"]["position_notional_usd"]
    for rate in case["inputs"]["rates_8h"]:
        expected = case["expected"][str(rate)]
        r = pl.lit(rate)
        assert value(long_cash_flow(r, pl.lit(notional))) == pytest.approx(
            expected["long_cash_flow_usd_per_8h"], rel=1e-12
        )
        assert value(-long_cash_flow(r, pl.lit(notional))) == pytest.approx(expected["short_cash_flow_usd_per_8h"])
        assert value(payer(r)) == expected["payer"]
        assert value(annualised_simple(r * 3)) == pytest.approx(expected["annualised_simple"], rel=1e-12)
    assert value(payer(pl.lit(0.0))) is None


def test_a_rate_at_its_cap_or_floor_says_so_and_an_unknown_limit_is_not_reached():
    """Fails where a capped rate reads as the market's, or every rate without a limit as capped."""
    rows = pl.DataFrame(
        {"r": [0.003, -0.003, 0.001, 0.003], "cap": [0.003] * 3 + [None], "floor": [-0.003] * 3 + [None]}
    )
    found = rows.select(at_cap(pl.col("r"), pl.col("cap"), pl.col("floor")))
    assert found.to_series().to_list() == [True, True, False, False]


def test_venues_are_weighted_by_open_interest_on_one_basis(example):
    """Fails where rates of 1, 4 and 8 hours are averaged as they are (worked example fund_17)."""
    case = example("fund_17")
    rows = pl.DataFrame(case["inputs"]["rows"]).rename({"rate": "rate_ratio", "oi_usd": "open_interest_usd"})
    found, expected = weighted_funding(rows).row(0, named=True), case["expected"]
    assert found["funding_8h_ratio"] == pytest.approx(expected["oi_weighted_8h"], rel=1e-12, abs=1e-15)
    assert found["funding_ratio"] == pytest.approx(expected["oi_weighted_daily"], rel=1e-12)
    assert found["funding_annualised_ratio"] == pytest.approx(expected["annualised_simple"], rel=1e-12)
    assert found["funding_annualised_compound_ratio"] == pytest.approx(expected["annualised_compounded_8h"], rel=1e-12)
    assert found["funding_8h_unweighted_ratio"] == pytest.approx(expected["unweighted_mean_8h"], rel=1e-12)
    assert found["venues"] == expected["venues_used"]
    assert found["open_interest_usd"] == expected["oi_used_usd"]
    by_venue = rows.select(eight_hour_equivalent(pl.col("rate_ratio"), pl.col("interval_hours"))).to_series()
    for name, rate in zip(rows["venue"], by_venue, strict=True):
        theirs = expected["rate_8h_by_venue"][name]
        assert rate == (theirs if theirs is None else pytest.approx(theirs, rel=1e-12))


def test_linear_and_inverse_contracts_are_two_aggregates():
    """Fails where coin-margined and dollar-margined rates are one mean."""
    rows = pl.DataFrame(
        [("a", "linear", 1e-4, 8.0, 1.0), ("b", "inverse", 3e-4, 8.0, 1.0)],
        ["venue", "margin_type", "rate_ratio", "interval_hours", "open_interest_usd"],
        orient="row",
    )
    found = weighted_funding(rows, ["margin_type"]).sort("margin_type")
    assert found["funding_8h_ratio"].to_list() == [3e-4, 1e-4]


def test_without_weight_there_is_no_mean():
    """Fails where zero open interest gives NaN."""
    rows = pl.DataFrame({"venue": ["a"], "rate_ratio": [1e-4], "interval_hours": [8.0], "open_interest_usd": [0.0]})

    def mean(**changes: float | None) -> tuple:
        altered = rows.with_columns(**{name: pl.lit(v, pl.Float64) for name, v in changes.items()})
        return weighted_funding(altered).select("funding_8h_ratio", "status").row(0)

    assert mean() == mean(open_interest_usd=None) == (None, "no_open_interest")
    assert mean(rate_ratio=None, open_interest_usd=5.0) == (None, "missing")
    assert mean(open_interest_usd=5.0) == (1e-4, None)


rates = st.floats(-0.01, 0.01, allow_nan=False)
intervals = st.sampled_from([1.0, 2.0, 4.0, 8.0])


@given(rates, intervals)
def test_eight_hours_there_and_back_is_the_rate(rate, hours):
    """Fails where the two conversions are not each other's inverse."""
    there = eight_hour_equivalent(pl.lit(rate), pl.lit(hours))
    assert value(on_own_interval(there, pl.lit(8.0), pl.lit(hours))) == pytest.approx(rate, abs=1e-18)


@settings(max_examples=60, deadline=None)
@given(st.lists(intervals, min_size=2, max_size=8), st.floats(-1e-4, 1e-4), st.randoms())
def test_any_split_of_the_same_hours_sums_to_the_same(blocks, per_hour, random):
    """Fails where a day depends on how often its venue settles: a constant hourly rate is one funding."""
    hours = [h for block in blocks for h in [block] * int(8 / block)]
    frame = settled(hours, [0.0, *[per_hour * h for h in hours]])
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=random.randint(0, 10**6))
    found = daily_funding(shuffled).sort("fact_date")
    assert found["funding_ratio"].sum() == pytest.approx(per_hour * 8 * len(blocks), abs=1e-15)
    assert found.equals(daily_funding(frame).sort("fact_date"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(rates, intervals, st.floats(1.0, 1e10)), min_size=1, max_size=6))
def test_the_weighted_mean_lies_between_the_least_and_the_greatest_rate(rows):
    """Fails where a weight is applied to one side of the fraction only."""
    frame = pl.DataFrame(
        [("v", r, h, w) for r, h, w in rows],
        ["venue", "rate_ratio", "interval_hours", "open_interest_usd"],
        orient="row",
    )
    r8 = frame.select(eight_hour_equivalent(pl.col("rate_ratio"), pl.col("interval_hours"))).to_series()
    mean = weighted_funding(frame)["funding_8h_ratio"].item()
    assert r8.min() - 1e-12 <= mean <= r8.max() + 1e-12


def test_compounding_eight_hours_is_three_times_a_day():
    """Fails where the exponent counts days."""
    assert value(annualised_compound_8h(pl.lit(1e-4))) == pytest.approx(1.0001**1095 - 1, rel=1e-12)
