"""What holds for funding and open interest of every venue: stamps, days, what stands for the absent."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest
from venue_payloads import KNOWN_AT, body, rule_of, rules

from schemas.tables import TABLES
from schemas.tables.shared import LINEAGE
from transforms.parse import venue_series

AT = datetime(2026, 2, 5, 8, tzinfo=UTC)


def settled(*rows, **columns):
    """Settlements of `(settled_at, rate)`."""
    shaped = pl.DataFrame(
        {"settled_at": [row[0] for row in rows], "rate_ratio": [row[1] for row in rows]},
        schema={"settled_at": pl.Datetime("us", "UTC"), "rate_ratio": pl.Float64},
    ).with_row_index("row")
    shaped = shaped.with_columns(
        venue=pl.lit("x1"), symbol=pl.lit("BTCUSDT"), asset=pl.lit("BTC"), margin_type=pl.lit("linear"), **columns
    )
    return venue_series.settlements(body([]), shaped, [{"n": n} for n in range(len(rows))])


def observed(**changes):
    shaped = pl.DataFrame({"row": [0]}, schema={"row": pl.UInt32}).with_columns(
        **{
            "observed_at": pl.lit(AT),
            "venue": pl.lit("x1"),
            "symbol": pl.lit("BTCUSDT"),
            "asset": pl.lit("BTC"),
            "margin_type": pl.lit("linear"),
            "open_interest_native": pl.lit(2.0),
            "size_unit": pl.lit("coin"),
        }
        | changes
    )
    return venue_series.open_interest(body([]), shaped, [{"n": 0}])


def test_a_settlement_at_midnight_pays_for_the_day_that_ends():
    """00:00 < t <= 24:00: booked on the day that begins, each day would have its neighbour's last interval."""
    frame = settled(
        (datetime(2026, 2, 5, 0, 0, tzinfo=UTC), 0.1),
        (datetime(2026, 2, 5, 1, 0, tzinfo=UTC), 0.1),
        (datetime(2026, 2, 6, 0, 0, 0, 7_000, tzinfo=UTC), 0.1),
    ).frames[venue_series.SETTLEMENTS]
    assert frame["fact_date"].to_list() == [date(2026, 2, 4), date(2026, 2, 5), date(2026, 2, 5)]


def test_stamps_some_milliseconds_late_are_floored():
    """08:00:00.001 and 08:00:00.000 of two feeds are one settlement."""
    frame = settled((AT.replace(microsecond=1_000), 0.1)).frames[venue_series.SETTLEMENTS]
    assert frame["settled_at"].to_list() == [AT]


def test_what_a_feed_does_not_give_is_null_and_settled_rates_are_final():
    """A guessed interval or cap would pass for the venue's word."""
    parsed = settled((AT, -0.0001))
    frame = parsed.frames[venue_series.SETTLEMENTS]
    assert frame.schema == {n: t for n, t in TABLES[venue_series.SETTLEMENTS].schema.items() if n not in LINEAGE}
    row = frame.row(0, named=True)
    absent = ("rate_basis_hours", "stated_interval_hours", "rate_cap_ratio", "rate_floor_ratio", "status")
    assert [row[name] for name in absent] == [None] * 5
    assert (row["rate_ratio"], row["finality"]) == (-0.0001, "final")


def test_a_settlement_still_to_come_is_a_prediction():
    """A stamp after the payload was known cannot have been paid."""
    parsed = settled((KNOWN_AT.replace(hour=8), 0.1), (None, 0.1), (AT, None))
    assert parsed.frames[venue_series.SETTLEMENTS].is_empty()
    assert rules(parsed) == ["future_date", "bad_time", "bad_number"]


def test_open_interest_is_one_sided_and_final_unless_said_otherwise():
    """Each venue that counts both sides must say so itself."""
    frame = observed().frames[venue_series.OPEN_INTEREST]
    assert frame.schema == {n: t for n, t in TABLES[venue_series.OPEN_INTEREST].schema.items() if n not in LINEAGE}
    row = frame.row(0, named=True)
    assert (row["n_sides"], row["finality"], row["fact_date"]) == (1, "final", date(2026, 2, 5))
    assert (row["open_interest_coin"], row["open_interest_usd"], row["mark_price"]) == (None, None, None)


@pytest.mark.parametrize(
    ("coins", "dollars", "mark", "price"),
    [
        (2.0, 126_000.0, None, 63_000.0),
        (2.0, 126_000.0, 63_100.0, 63_100.0),
        (0.0, 0.0, None, None),
        (0.0, 5.0, None, None),
        (None, 126_000.0, None, None),
    ],
)
def test_dollars_over_coins_are_the_mark_where_there_is_none(coins, dollars, mark, price):
    """A price of zero over zero must not become NaN, and the venue's own mark comes first."""
    cells = {"open_interest_coin": coins, "open_interest_usd": dollars, "mark_price": mark}
    row = observed(**{n: pl.lit(v, pl.Float64) for n, v in cells.items()}).frames[venue_series.OPEN_INTEREST]
    assert row["mark_price"].to_list() == [price]


def test_observations_without_time_or_quantity_are_rejected():
    """Null would say that the venue had none."""
    assert rules(observed(open_interest_native=pl.lit(None, pl.Float64))) == ["bad_number"]
    assert rules(observed(observed_at=pl.lit(None, pl.Datetime("us", "UTC")))) == ["bad_time"]
    assert rules(observed(observed_at=pl.lit(KNOWN_AT.replace(hour=9)))) == ["future_date"]


def test_a_needed_parameter_is_asked_for_by_name():
    """Without it the rows would be of no contract."""
    assert venue_series.parameter(body([], symbol=" BTCUSDT "), "symbol") == "BTCUSDT"
    assert rule_of(venue_series.parameter, body([]), "symbol") == "missing_parameter"
    assert rule_of(venue_series.parameter, body([], market="spot"), "market", ("um", "cm")) == "bad_parameter"
