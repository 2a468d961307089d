"""The largest rolling hour of a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.tables import TABLES
from transforms.facts.rolling_hour import largest_rolling_hour, max_1h

EVENTS, LARGEST = TABLES["core_liquidations__events"], TABLES["core_liquidations__max_1h"]
DAY = date(2026, 2, 5)
MIDNIGHT = datetime(2026, 2, 5, tzinfo=UTC)
KNOWN_AT = datetime(2026, 2, 6, 1, tzinfo=UTC)


def event(minute: float, usd: float | None, known_at: datetime = KNOWN_AT, **changes) -> dict:
    at = MIDNIGHT + timedelta(minutes=minute)
    row = {
        "fact_date": at.date(),
        "event_at": at,
        "venue": "okx",
        "symbol": "BTC-USDT-SWAP",
        "asset": "BTC",
        "liq_side": "long",
        "size_native": 1.0,
        "size_unit": "coin",
        "price": 60000.0,
        "price_kind": "fill",
        "occurrence": 1,
        "quantity_coin": 1.0,
        "notional_usd": usd,
        "status": None,
        "source": "okx_liquidations",
        "raw_sha256": "a" * 64,
        "known_at": known_at,
        "is_simulated": False,
    }
    return row | changes


def largest(*rows: dict) -> pl.DataFrame:
    return max_1h(pl.DataFrame(list(rows), schema=EVENTS.schema), [DAY])


def at(minute: float) -> datetime:
    return MIDNIGHT + timedelta(minutes=minute)


def test_the_hour_is_open_to_the_left_and_closed_to_the_right():
    """Fails where a print exactly an hour old still counts, or the newest does not."""
    found = largest(event(100, 5.0), event(160, 7.0), event(161, 1.0))
    assert found.schema == LARGEST.schema
    assert found.row(0)[4:6] == (8.0, at(161))


def test_an_hour_that_straddles_the_clock_is_found():
    """Fails where clock hours are summed: they cut a burst in two."""
    found = largest(event(115, 5.0), event(125, 7.0))
    assert found["max_1h_usd"].to_list() == [12.0]


def test_all_prints_of_one_instant_count_at_it():
    """Fails where rows of one instant see only those before them."""
    found = largest(event(100, 5.0), event(100, 7.0, occurrence=2), event(90, 1.0))
    assert found.row(0)[4:6] == (13.0, at(100))


def test_the_hour_reaches_into_the_day_before_and_belongs_to_the_day_of_its_end():
    """Fails where a burst around midnight is halved, or given to the wrong day."""
    found = largest(event(-30, 10.0), event(-61, 100.0), event(10, 2.0))
    assert found.select("fact_date", "max_1h_usd", "max_1h_at").row(0) == (DAY, 12.0, at(10))
    assert found.height == 1


def test_prints_without_a_notional_are_left_out():
    """Fails where null becomes zero and a day without priced prints gets a row."""
    assert largest(event(10, None)).is_empty()


def test_of_equal_hours_the_first_counts():
    """Fails where the instant of the maximum depends on the order of rows."""
    assert largest(event(500, 5.0), event(100, 5.0))["max_1h_at"].to_list() == [at(100)]


def test_sides_assets_and_venues_are_apart():
    """Fails where longs and shorts are added."""
    found = largest(event(100, 5.0), event(101, 7.0, liq_side="short"), event(102, 1.0, venue="bybit"))
    assert found.sort("max_1h_usd")["max_1h_usd"].to_list() == [1.0, 5.0, 7.0]


def test_each_cut_sees_only_what_was_known_and_unchanged_cuts_are_dropped():
    """Fails where late prints change what was answered before, or every delivery makes a vintage."""
    later, last = KNOWN_AT + timedelta(hours=1), KNOWN_AT + timedelta(hours=2)
    found = largest(event(100, 5.0), event(300, 1.0, later), event(-1, 9.0, last), event(10, 2.0, last))
    assert found["recorded_at"].to_list() == [KNOWN_AT, last]
    assert found["max_1h_usd"].to_list() == [5.0, 11.0]


prints = st.lists(st.tuples(st.integers(-70, 1439), st.integers(1, 1000), st.integers(0, 2)), max_size=25)


@settings(max_examples=80)
@given(prints)
def test_the_maximum_is_the_definition_said_print_by_print(rows):
    """Fails where a window, a day or a cut is off by one."""
    known = {n: KNOWN_AT + timedelta(hours=n) for n in range(3)}
    found = largest(*(event(m, float(usd), known[k], occurrence=n) for n, (m, usd, k) in enumerate(rows)))
    expected: list[tuple[float, datetime, datetime]] = []
    for k in range(3):
        seen = [(m, usd) for m, usd, when in rows if when <= k]
        sums = {t: sum(usd for m, usd in seen if t - 60 < m <= t) for t, _ in seen if t >= 0}
        if sums:
            best = max(sums.values())
            first = min(t for t, value in sums.items() if value == best)
            if not expected or expected[-1][:2] != (best, at(first)):
                expected.append((float(best), at(first), known[k]))
    assert found.select("max_1h_usd", "max_1h_at", "recorded_at").rows() == expected


def clock_hours(events: pl.DataFrame) -> pl.DataFrame:
    by_hour = events.group_by(hour=pl.col("event_at").dt.truncate("1h")).agg(pl.col("notional_usd").sum())
    return by_hour.group_by(fact_date=pl.col("hour").dt.date()).agg(pl.col("notional_usd").max())


@settings(max_examples=80)
@given(st.lists(st.tuples(st.integers(0, 3 * 1440 - 1), st.integers(1, 1000)), min_size=1, max_size=25))
def test_an_hour_of_the_clock_is_never_larger(rows):
    """Fails where the maximum is of clock hours, which cut a burst in two, or an hour is lost at midnight."""
    events = pl.DataFrame({"event_at": [at(m) for m, _ in rows], "notional_usd": [float(usd) for _, usd in rows]})
    rolling = largest_rolling_hour(events)
    both = rolling.join(clock_hours(events), on="fact_date", validate="1:1")
    assert both.height == rolling.height == events["event_at"].dt.date().n_unique()
    assert (both["max_1h_usd"] >= both["notional_usd"]).all()
    assert both["max_1h_usd"].max() <= events["notional_usd"].sum()


def test_a_burst_around_midnight_belongs_to_the_day_of_its_last_print():
    """Fails where a stranger's events, grouped by a column of his own, are cut at midnight or mixed."""
    events = pl.DataFrame(
        {
            "coin": ["BTC", "BTC", "BTC", "ETH"],
            "event_at": [at(-30), at(-1), at(29), at(29)],
            "notional_usd": [10.0, 5.0, 7.0, 1.0],
        }
    )
    found = largest_rolling_hour(events, by=["coin"])
    before = DAY - timedelta(days=1)
    assert found.rows() == [
        ("BTC", before, 15.0, at(-1)),
        ("BTC", DAY, 22.0, at(29)),
        ("ETH", DAY, 1.0, at(29)),
    ]
