"""CryptoQuant's chart export of open interest: US dollars per coin and UTC day over the venues it covers.

Belongs here: that series. Does not belong here: flows and liquidations (`cryptoquant.py`). Its funding
export is not read: a day's mean over venues, in per cent, unweighted and of mixed intervals, settles on
no venue and is no sum of settlements, so no row of the funding facts could be compared with it.

A reading is the end of its day: the fall of 5 February 2026 stands in that day's row. The level is about
half of what CoinGlass prints for the same days: another list of venues.
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, texts
from transforms.parse import read, venue, venue_series
from transforms.parse.day_bars import at_end_of_bar, finality_of_bar

_TIME, _VALUE = "Datetime", "Open Interest"


def parse_open_interest(payload: Payload) -> Parsed:
    """Open interest over all venues to core_open_interest__observations; venue and symbol are `all`.

    `params`: asset. An empty cell is quarantined, as in the vendor's other exports. Raises
    `PayloadError`: missing_parameter, missing_column, no_rows, and those of `read.csv_frame`.
    """
    asset = venue_series.parameter(payload, "asset")
    # Rows older than a moving average's window end before its column.
    frame = read.csv_frame(payload, required=[_TIME, _VALUE], allow_short_rows=True).select(_TIME, _VALUE)
    if frame.is_empty():
        raise PayloadError("no_rows", "the file holds no day")
    start = pl.col(_TIME).str.to_datetime("%Y-%m-%dT%H:%M:%S%#z", time_unit="us", strict=False)
    dated = frame.with_row_index("row").with_columns(_start=start.dt.convert_time_zone("UTC"))
    shaped = dated.with_columns(
        observed_at=at_end_of_bar("_start", "1d", payload),
        venue=pl.lit("all"),
        symbol=pl.lit("all"),
        asset=pl.lit(asset),
        margin_type=None,
        open_interest_native=venue.number(_VALUE),
        size_unit=pl.lit("usd"),
        open_interest_usd=venue.number(_VALUE),
        finality=finality_of_bar("_start", "1d", payload),
    )
    rules = (
        venue.missing("_start", "bad_date", "Datetime"),
        venue.Rule("not_a_day", pl.col("_start") != pl.col("_start").dt.truncate("1d"), "not stamped at midnight UTC"),
        venue.in_future("_start", payload),
        venue.Rule("empty_value", pl.col(_VALUE).is_null(), "the cell is empty"),
        venue.Rule("negative_value", pl.col("open_interest_usd") < 0, "open interest cannot be negative"),
    )
    return venue_series.open_interest(payload, shaped, frame, rules)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="cryptoquant_open_interest",
        source="cryptoquant",
        title="CryptoQuant: open interest over all venues, in USD",
        tables=(venue_series.OPEN_INTEREST,),
        parse=parse_open_interest,
        cadence="daily, newest first; the newest row is a part day",
        finality_rule="final when the UTC day is over; empty cells are the vendor's gaps",
        url="https://cryptoquant.com/",
        licence="the subscriber's terms: use internally, do not republish rows",
        params={"asset": "canonical code of the coin, for example BTC"},
        shape=Shape("", {**texts(_TIME), **numbers(_VALUE)}, format="csv"),
    ),
)
