"""Samples of open interest by hour and day: which observation counts, and what was known of it when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.tables import TABLES
from transforms.core.collapse import collapse
from transforms.core.instruments import validity
from transforms.facts.open_interest_series import open_interest_by_day, open_interest_by_hour

OBSERVATIONS, QUOTES = TABLES["core_open_interest__observations"], TABLES["core_futures__quotes"]
CONTRACTS = TABLES["core_instruments__contracts"]
HOURLY, DAILY = TABLES["core_open_interest__hourly"], TABLES["core_open_interest__daily"]
DAY, NEXT = date(2026, 2, 5), date(2026, 2, 6)
MIDNIGHT = datetime(2026, 2, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
KNOWN_AT = datetime(2026, 3, 1, tzinfo=UTC)
LINEAGE = {"raw_sha256": "a" * 64, "is_simulated": False}


def observation(hour: float, native: float | None = 10.0, known_at: datetime = KNOWN_AT, **changes) -> dict:
    at = MIDNIGHT + hour * HOUR
    row = {
        "fact_date": at.date(),
        "observed_at": at,
        "venue": "bybit",
        "symbol": "BTCUSDT",
        "asset": "BTC",
        "margin_type": "linear",
        "open_interest_native": native,
        "size_unit": "coin",
        "n_sides": 1,
        "mark_price": 60_000.0,
        "finality": "final",
        "source": "bybit_open_interest",
        "known_at": known_at,
    }
    return dict.fromkeys(OBSERVATIONS.schema) | LINEAGE | row | changes


def quote(
    hour: float, price: float | None, native: float | None = None, known_at: datetime = KNOWN_AT, **changes
) -> dict:
    at = MIDNIGHT + hour * HOUR
    row = {
        "fact_date": at.date(),
        "quoted_at": at,
        "venue": "bybit",
        "symbol": "BTCUSDT",
        "future_price": price,
        "price_kind": "mark",
        "open_interest_native": native,
        "source": "bybit_tickers",
        "known_at": known_at,
    }
    return dict.fromkeys(QUOTES.schema) | LINEAGE | row | changes


def instrument(**changes) -> dict:
    row = {
        "venue": "bybit",
        "symbol": "BTCUSDT",
        "asset": "BTC",
        "quote_currency": "USDT",
        "instrument_kind": "perpetual",
        "margin_type": "linear",
        "contract_value": 1.0,
        "contract_value_currency": "BTC",
        "source": "bybit_instruments",
        "known_at": datetime(2025, 1, 1, tzinfo=UTC),
    }
    return dict.fromkeys(CONTRACTS.schema) | LINEAGE | row | changes


def hours_of(*observations: dict, quotes: tuple = (), instruments: tuple = (), dates: tuple = (DAY,)) -> pl.DataFrame:
    return open_interest_by_hour(
        pl.DataFrame(list(observations), schema=OBSERVATIONS.schema),
        pl.DataFrame(list(quotes), schema=QUOTES.schema),
        validity(pl.DataFrame(list(instruments), schema=CONTRACTS.schema)),
        list(dates),
    )


def days_of(*observations: dict, dates: tuple = (DAY, NEXT)) -> pl.DataFrame:
    return open_interest_by_day(hours_of(*observations, dates=dates), list(dates))


def test_the_sample_of_an_hour_is_its_last_observation():
    """Fails where the first, the largest or the mean is taken, or columns drift from the table's."""
    found = hours_of(observation(10.0, 1.0), observation(10.9, 3.0), observation(10.5, 9.0), observation(11.0, 4.0))
    assert found.schema == HOURLY.schema
    assert found["open_interest_coin"].to_list() == [3.0, 4.0]
    assert found["sampled_at"].to_list() == [MIDNIGHT + 10.9 * HOUR, MIDNIGHT + 11 * HOUR]
    assert found["open_interest_usd"].to_list() == [180_000.0, 240_000.0]


def test_a_reading_of_the_end_of_a_day_belongs_to_its_last_hour():
    """Fails where a day's closing figure opens the next day."""
    closing = observation(24.0, 5.0, fact_date=DAY)
    assert hours_of(closing)["hour_at"].to_list() == [MIDNIGHT + 23 * HOUR]


def test_an_empty_reading_does_not_replace_a_value_of_the_same_hour():
    """Fails where a blank cell unsays what was read."""
    found = hours_of(observation(10.0, 1.0), observation(10.5, None, status="missing"))
    assert found["open_interest_coin"].to_list() == [1.0]
    assert hours_of(observation(10.5, None, status="missing"))["status"].to_list() == ["missing"]


def test_the_price_is_the_one_beside_it_or_else_the_nearest_mark_of_the_hour():
    """Fails where a size has no dollars although the venue's mark is known, or the mark's instant is lost."""
    bare = observation(10.5, 2.0, mark_price=None)
    marks = (quote(10.1, 50.0), quote(10.6, 40.0), quote(11.0, 30.0), quote(10.5, 1.0, symbol="ETHUSDT"))
    row = hours_of(bare, quotes=marks).row(0, named=True)
    assert (row["mark_price"], row["open_interest_usd"], row["mark_at"]) == (40.0, 80.0, MIDNIGHT + 10.6 * HOUR)
    assert hours_of(bare)["status"].to_list() == ["no_price"]
    assert hours_of(observation(10.5, 2.0), quotes=marks)["mark_price"].to_list() == [60_000.0]


def test_open_interest_beside_a_price_is_read_through_the_instrument_and_halved_where_both_sides_count():
    """Fails where tickers are left out, or Bybit's two sides are one."""
    row = hours_of(quotes=(quote(10.0, 50.0, 8.0),), instruments=(instrument(),)).row(0, named=True)
    assert (row["open_interest_native"], row["open_interest_coin"], row["open_interest_usd"]) == (4.0, 4.0, 200.0)
    assert (row["asset"], row["margin_type"], row["series"]) == ("BTC", "linear", "contract")


def test_a_contract_of_unknown_value_is_priced_from_when_its_instrument_is_known():
    """Fails where an instrument known later rewrites what was answered before."""
    late = KNOWN_AT + HOUR
    ticker = quote(10.0, 50.0, 8.0, venue="okx", symbol="BTC-USDT-SWAP")
    found = hours_of(
        quotes=(ticker,),
        instruments=(instrument(venue="okx", symbol="BTC-USDT-SWAP", contract_value=0.01, known_at=late),),
    )
    assert found["recorded_at"].to_list() == [KNOWN_AT, late]
    assert found["status"].to_list() == ["no_instrument", None]
    assert found["open_interest_coin"].to_list() == [None, 0.08]


def test_options_are_no_futures():
    """Fails where an option's open interest counts as a future's."""
    option = instrument(instrument_kind="option", symbol="BTC-27MAR26-90000-C")
    assert hours_of(quotes=(quote(10.0, 50.0, 8.0, symbol="BTC-27MAR26-90000-C"),), instruments=(option,)).is_empty()


def test_feeds_and_assets_of_one_symbol_are_apart():
    """Fails where two vendors' totals, or the totals of two coins, take each other's place."""
    total = {"symbol": "all", "margin_type": None, "size_unit": "usd", "mark_price": None}
    found = hours_of(
        observation(10, 1.0, **total),
        observation(10, 2.0, asset="ETH", **total),
        observation(10, 3.0, source="artemis_open_interest", **total),
    )
    assert sorted(found["open_interest_usd"]) == [1.0, 2.0, 3.0]
    assert set(found["series"]) == {"vendor_total"}


def test_the_sample_of_a_day_is_its_last_hour_and_the_change_is_from_the_day_before():
    """Fails where a first day shows growth from zero, or price and quantity do not add up."""
    found = days_of(observation(20, 2.0), observation(23, 1.0), observation(47, 3.0, mark_price=50_000.0))
    assert found.schema == DAILY.schema
    first, second = found.iter_rows(named=True)
    assert (first["open_interest_coin"], first["n_samples"], first["change_usd"]) == (1.0, 2, None)
    assert (second["change_coin"], second["change_usd"]) == (2.0, 90_000.0)
    assert second["price_effect_usd"] == pytest.approx(-10_000.0 * 2.0)
    assert second["price_effect_usd"] + second["quantity_effect_usd"] == pytest.approx(90_000.0)
    assert (first["status"], second["finality"]) == (None, "final")


def test_a_day_is_final_with_a_sample_of_its_last_hour_or_when_it_is_over():
    """Fails where a morning's snapshot is final on the same day, or never."""
    live = [observation(h, 1.0, MIDNIGHT + (h + 0.1) * HOUR) for h in (9, 23)]
    assert days_of(live[0])["finality"].to_list() == ["preliminary"]
    assert days_of(*live)["finality"].to_list() == ["preliminary", "final"]
    assert days_of(observation(9, 1.0))["finality"].to_list() == ["final"]


def test_the_change_is_as_known_then():
    """Fails where a late sample of the day before does not reach the day after, or reaches it too early."""
    late = KNOWN_AT + HOUR
    found = days_of(observation(22, 1.0), observation(46, 3.0), observation(23, 2.0, late)).filter(fact_date=NEXT)
    assert found["change_coin"].to_list() == [2.0, 1.0]
    assert found["recorded_at"].to_list() == [KNOWN_AT, late]


def test_a_total_that_two_venues_share_to_the_last_digit_is_a_copy():
    """Fails where one series under three names counts as three venues."""
    total = {"symbol": "all", "asset": "all", "margin_type": None, "size_unit": "usd", "mark_price": None,
             "source": "artemis_open_interest"}  # fmt: skip
    found = days_of(
        *(observation(23, 1_654_412_345.678, venue=venue, **total) for venue in ("kraken", "gate_io")),
        observation(23, 6_663_312_345.678, venue="okx", **total),
    )
    told = dict(zip(found["venue"], found["status"], strict=True))
    assert told == {"kraken": "copied_value", "gate_io": "copied_value", "okx": None}
    assert found["open_interest_usd"].null_count() == 0


stamps = st.tuples(st.integers(0, 47), st.sampled_from([1.0, 2.0, 3.0]), st.integers(0, 3))
histories = st.lists(stamps, min_size=1, max_size=20)


def delivered(history: list[tuple]) -> pl.DataFrame:
    rows = {(hour, when): observation(hour, size, KNOWN_AT + when * HOUR) for hour, size, when in history}
    new = pl.DataFrame(list(rows.values()), schema=OBSERVATIONS.schema)
    return collapse(OBSERVATIONS.empty(), new, OBSERVATIONS).kept


def days(observations: pl.DataFrame) -> pl.DataFrame:
    nothing = pl.DataFrame(schema=CONTRACTS.schema)
    hours = open_interest_by_hour(observations, QUOTES.empty(), validity(nothing), [DAY, NEXT])
    return open_interest_by_day(hours, [DAY, NEXT])


@settings(max_examples=40, deadline=None)
@given(histories, st.randoms())
def test_the_order_of_the_rows_does_not_matter_and_a_repeat_changes_nothing(history, random):
    """Fails where a rebuild, or the same file once more, publishes another number."""
    rows = delivered(history)
    once = days(rows)
    assert days(rows.sample(fraction=1.0, shuffle=True, seed=random.randint(0, 10**6))).equals(once)
    newest = rows.sort("known_at").unique(["observed_at"], keep="last", maintain_order=True)
    repeated = newest.with_columns(pl.col("known_at") + timedelta(days=1))
    assert days(collapse(rows, repeated, OBSERVATIONS).kept.vstack(rows)).equals(once)


@settings(max_examples=40, deadline=None)
@given(histories, st.integers(0, 3))
def test_what_was_known_then_does_not_change_with_what_comes_later(history, until):
    """Fails where an as-of answer depends on the future."""
    rows = delivered(history)
    cut = KNOWN_AT + until * HOUR
    past = days(rows.filter(pl.col("known_at") <= cut))
    assert days(rows).filter(pl.col("recorded_at") <= cut).equals(past)
