"""Changes of stablecoin supply: zero bases, value, months."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.tables import TABLES
from transforms.facts.stablecoin_changes import (
    change_ratio,
    change_status,
    month_change,
    monthly,
    months_of,
    supply_changes,
)

SUPPLY, PEGS = TABLES["core_stablecoins__supply"], TABLES["core_stablecoins__pegs"]
FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)
PRIORITY = {"first": 1, "second": 2}


@pytest.mark.parametrize(
    ("before", "after", "ratio", "status"),
    [
        (100.0, 107.0, 0.07, None),
        (100.0, 0.0, -1.0, None),
        (0.0, 5.0, None, "zero_base"),
        (0.0, 0.0, None, "zero_base"),
        (9e-7, 5.0, None, "zero_base"),
        (2.0, 9e-7, -1.0, None),
        (None, 5.0, None, "missing"),
        (5.0, None, None, "missing"),
    ],
)
def test_a_percentage_on_zero_is_null_with_its_reason_and_dust_is_zero(before, after, ratio, status):
    """Infinity, or a growth of a billion per cent on a millionth of a coin, says nothing."""
    frame = pl.DataFrame({"b": [before], "a": [after]}, schema={"b": pl.Float64, "a": pl.Float64})
    found = frame.select(r=change_ratio(pl.col("b"), pl.col("a")), s=change_status(pl.col("b"), pl.col("a"))).row(0)
    assert found == (None if ratio is None else pytest.approx(ratio), status)


def four_columns(*row: float | None) -> dict:
    names = ("supply_before_peg", "supply_after_peg", "price_before_usd", "price_after_usd")
    frame = pl.DataFrame([row], schema=dict.fromkeys(names, pl.Float64), orient="row")
    return supply_changes(frame.with_columns(gross_issued_peg=None, gross_redeemed_peg=None)).row(0, named=True)


def test_supply_may_shrink_while_market_value_grows():
    """1.5 billion "less circulating market value" does not say which of the two it means."""
    found = four_columns(185.0, 183.5, 0.998, 1.008)
    assert found["supply_change_peg"] == -1.5
    assert found["market_value_change_usd"] == pytest.approx(183.5 * 1.008 - 185.0 * 0.998)
    assert found["market_value_change_usd"] > 0 > found["supply_effect_usd"]


@given(*[st.integers(0, 10**9).map(float)] * 2, *[st.integers(1, 20_000).map(lambda n: n / 1e4)] * 2)
def test_market_value_change_is_supply_effect_plus_price_effect(q0, q1, p0, p1):
    """A remainder would be money that nobody moved."""
    found = four_columns(q0, q1, p0, p1)
    assert found["market_value_change_usd"] == found["supply_effect_usd"] + found["price_effect_usd"]
    assert found["market_value_change_usd"] == pytest.approx(q1 * p1 - q0 * p0, rel=1e-9, abs=1e-5)


def test_without_a_price_there_is_no_market_value_and_the_supply_change_stands():
    """Par is no price."""
    found = four_columns(10.0, 9.0, None, 1.0)
    assert (found["supply_change_peg"], found["market_value_change_usd"]) == (-1.0, None)
    assert found["change_status"] == "no_price"
    assert four_columns(0.0, 9.0, None, 1.0)["change_status"] == "zero_base", "the first reason"
    assert four_columns(10.0, 9.0, 1.0, 1.0)["change_status"] is None


def days(values: dict[date, float | None]) -> pl.DataFrame:
    rows = list(values.items())
    return pl.DataFrame(rows, schema={"fact_date": pl.Date, "circulating_peg": pl.Float64}, orient="row")


def test_a_month_goes_from_its_first_to_the_next_first_and_one_that_lasts_is_to_date():
    """From the last day of a month to the last of the next is another change, by two days' issuance."""
    known = {date(2026, 1, 31): 190.0, FEBRUARY: 185.0, date(2026, 2, 28): 183.6, MARCH: 183.5, date(2026, 3, 9): 184.0}
    found = month_change(days(known))
    assert found.select("month_date", "end_date", "supply_change_peg", "status").rows() == [
        (date(2026, 1, 1), FEBRUARY, None, "no_month_start"),
        (FEBRUARY, MARCH, -1.5, None),
        (MARCH, date(2026, 3, 9), 0.5, "to_date"),
    ]


def test_a_month_that_begins_at_zero_has_a_change_and_no_percentage():
    """A coin's first month."""
    found = month_change(days({FEBRUARY: 0.0, MARCH: 7.0})).row(-1, named=True)
    assert (found["supply_change_peg"], found["change_ratio"], found["change_status"]) == (7.0, None, "zero_base")


@given(st.lists(st.integers(0, 10**6), min_size=60, max_size=95), st.randoms())
def test_the_changes_of_days_add_up_to_those_of_the_month(values, random):
    """A month that loses its first or last day hides what was issued on it."""
    first = date(2026, 1, 1)
    by_day = {first + timedelta(days=n): float(value) for n, value in enumerate(values)}
    shuffled = dict(random.sample(list(by_day.items()), len(by_day)))
    found = month_change(days(shuffled))
    assert found.equals(month_change(days(by_day)))
    for month in found.drop_nulls("supply_change_peg").iter_rows(named=True):
        inside = (d for d in by_day if month["month_date"] < d <= month["end_date"])
        steps = (by_day[d] - by_day[d - timedelta(1)] for d in inside)
        assert month["supply_change_peg"] == sum(steps)
    assert found["supply_change_peg"].sum() == values[-1] - values[0]


def supply(day: date, peg: float | None, known_at: datetime | None = None, **changes) -> dict:
    """Known an hour after the day, unless said otherwise."""
    known_at = known_at or datetime(day.year, day.month, day.day, 1, tzinfo=UTC) + timedelta(days=1)
    row = {"fact_date": day, "stablecoin_id": "1", "chain": "all", "circulating_peg": peg, "finality": "final",
           "source": "first", "raw_sha256": "a" * 64, "known_at": known_at, "is_simulated": False}  # fmt: skip
    return {name: row.get(name) for name in SUPPLY.column_names} | changes


def price(day: date, usd: float, recorded_at: datetime) -> dict:
    return {"fact_date": day, "stablecoin_id": "1", "price_usd": usd, "priced_at": recorded_at, "vwap_usd": None,
            "peg_method": "vendor_price", "n_quotes": 1, "n_excluded": 0, "source": "p", "recorded_at": recorded_at,
            "is_simulated": False}  # fmt: skip


def months(rows: list[dict], prices: list[dict] = [], wanted: date = FEBRUARY) -> pl.DataFrame:  # noqa: B006
    frames = pl.DataFrame(rows, schema=SUPPLY.schema), pl.DataFrame(prices, schema=PEGS.schema)
    return monthly(*frames, [wanted], PRIORITY)


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def test_a_month_grows_day_by_day_and_is_whole_when_the_next_begins():
    """As of the 20th the month had another change than at its end, and said so."""
    inside, beyond = supply(date(2026, 2, 19), 90.0), supply(date(2026, 3, 2), 1.0)
    told = months([supply(FEBRUARY, 100.0), inside, supply(MARCH, 80.0), beyond])
    assert told.select("recorded_at", "end_date", "supply_change_peg", "status", "finality").rows() == [
        (at(date(2026, 2, 20), 1), date(2026, 2, 19), -10.0, "to_date", "preliminary"),
        (at(date(2026, 3, 2), 1), MARCH, -20.0, None, "final"),
    ]


def test_a_restated_first_restates_the_month():
    """The end did not change and the change did."""
    late = at(date(2026, 3, 9), 1)
    told = months([supply(FEBRUARY, 100.0), supply(MARCH, 80.0), supply(FEBRUARY, 101.0, late)])
    assert told.select("recorded_at", "supply_change_peg").rows() == [(at(date(2026, 3, 2), 1), -20.0), (late, -21.0)]


def test_both_ends_are_of_one_feed():
    """The difference of two vendors is no issuance."""
    told = months([supply(FEBRUARY, 100.0, source="second"), supply(MARCH, 80.0), supply(MARCH, 95.0, source="second")])
    assert told.select("source", "supply_change_peg", "status").rows() == [("second", -5.0, None)]
    alone = months([supply(FEBRUARY, 100.0, source="second"), supply(MARCH, 80.0)])
    assert alone.select("source", "supply_change_peg", "status").rows() == [("first", None, "no_month_start")]


def test_a_series_that_stops_leaves_its_month_without_an_end():
    """It is not to date for ever."""
    long_after = at(date(2026, 6, 1), 1)
    told = months([supply(FEBRUARY, 100.0, long_after), supply(date(2026, 2, 10), 40.0, long_after)])
    assert told.select("end_date", "supply_change_peg", "status", "finality").rows() == [
        (date(2026, 2, 10), -60.0, "no_month_end", "final")
    ]


def test_a_feed_of_dollars_alone_gives_the_ends_in_dollars():
    """Its change is one of market value, and never of units."""
    told = months([supply(FEBRUARY, None, circulating_usd=100.0), supply(MARCH, None, circulating_usd=98.0)])
    found = told.select("start_usd", "end_usd", "supply_change_peg", "change_status")
    assert found.rows() == [(100.0, 98.0, None, "dollars_only")]


def test_prices_enter_from_when_they_are_known():
    """A price that comes later makes a market value from then on."""
    late = at(date(2026, 3, 5), 1)
    told = months(
        [supply(FEBRUARY, 100.0), supply(MARCH, 80.0)],
        [price(FEBRUARY, 1.0, at(FEBRUARY, 12)), price(MARCH, 0.9, late), price(date(2026, 2, 9), 5.0, late)],
    )
    found = told.select("recorded_at", "market_value_change_usd", "start_price_usd", "end_price_usd", "change_status")
    assert found.rows() == [
        (at(date(2026, 3, 2), 1), None, 1.0, None, "no_price"),
        (late, pytest.approx(-28.0), 1.0, 0.9, None),
    ]


def test_the_first_of_a_month_reaches_the_month_before():
    """It is its end."""
    assert months_of([MARCH, date(2026, 3, 9)]) == {FEBRUARY, MARCH}
    assert months_of([]) == set()


states = st.lists(
    st.tuples(
        st.sampled_from([0, 3, 27, 28]), st.integers(0, 50), st.integers(0, 40), st.sampled_from(["first", "second"])
    ),
    min_size=1,
    max_size=10,
    unique_by=lambda row: (row[0], row[2], row[3]),
)


@settings(deadline=None)
@given(states, st.randoms())
def test_months_do_not_depend_on_the_order_and_as_of_is_what_was_known(rows, random):
    """A rebuild reads the rows in another order, and knowing more later must not change what was known before."""
    since = at(FEBRUARY, 2)
    told = [supply(FEBRUARY + timedelta(d), v / 7, since + timedelta(k), source=s) for d, v, k, s in rows]
    found = months(told)
    assert found.equals(months(random.sample(told, len(told))))
    assert found.equals(months(told + told))
    cut = at(FEBRUARY, 2) + timedelta(days=20)
    assert months([row for row in told if row["known_at"] <= cut]).equals(found.filter(pl.col("recorded_at") <= cut))
