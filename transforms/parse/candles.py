"""What the venues' parsers share about candles.

Belongs here: the sift of candles, and intervals as venues write them. Does not belong here: any one venue's
columns (its own module) or daily facts made of candles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Parsed, Payload, PayloadError
from transforms.parse import venue
from transforms.parse.venue import Record, Records, Rule

CANDLES = "core_market__candles"
CANDLE_FINALITY = "a candle is final when its interval is over; until then preliminary"
PRICES = ("open_price", "high_price", "low_price", "close_price")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def seconds_of(interval: str) -> int:
    """Seconds of an interval such as 1m, 1h, 1H, 1d, 1D, 1Dutc; a bare number means minutes.

    Raises `PayloadError("bad_parameter")` for months, whose length varies, and whatever else is no interval.
    """
    found = re.fullmatch(r"(\d+)\s*(s|m|h|H|d|D|w|W)?(utc)?", interval.strip())
    if found is None:
        raise PayloadError("bad_parameter", f"{interval!r} is not an interval such as 1m, 1h or 1d")
    return int(found[1]) * _SECONDS[(found[2] or "m").lower()]


def candles(
    payload: Payload, shaped: pl.DataFrame, records: Records, interval_seconds: int, rules: Sequence[Rule] = ()
) -> Parsed:
    """Sift candles, after `rules`, by readable time and prices; adds fact_date, interval and finality.

    `shaped` has row, opened_at, venue, symbol, instrument_kind (an index is of `spot`), candle_kind, asset
    and the four prices; volumes and quote_currency may be missing. A candle that is still running is
    `preliminary` and is superseded by the next fetch of it; so is one that the venue itself calls
    unfinished (`is_over` is false).
    """
    absent = [name for name in ("volume_coin", "volume_quote") if name not in shaped.columns]
    ends_at = pl.col("opened_at") + pl.duration(seconds=interval_seconds)
    known_at = pl.lit(payload.known_at).cast(UTC_INSTANT)
    is_over = pl.col("is_over") if "is_over" in shaped.columns else pl.lit(True)
    whole = shaped.with_columns(
        *(pl.lit(None, pl.Float64()).alias(name) for name in absent),
        *([] if "quote_currency" in shaped.columns else [pl.lit(None, pl.String()).alias("quote_currency")]),
        fact_date=pl.col("opened_at").dt.date(),
        interval_seconds=pl.lit(interval_seconds, pl.Int32()),
        status=pl.lit(None, pl.String()),
        finality=pl.when((ends_at <= known_at) & is_over).then(pl.lit("final")).otherwise(pl.lit("preliminary")),
    )
    prices = [pl.col(name) for name in PRICES]
    low, high = pl.col("low_price"), pl.col("high_price")
    is_price = pl.col("candle_kind") != "premium"
    common = (
        venue.missing("opened_at", "bad_time", "start of the interval"),
        Rule("bad_number", pl.any_horizontal(price.is_null() for price in prices), "a candle without its four prices"),
        Rule(
            "not_positive", is_price & pl.any_horizontal(price <= 0 for price in prices), "a price that is not above 0"
        ),
        Rule("bad_bar", pl.any_horizontal(~price.is_between(low, high) for price in prices), "outside low and high"),
        venue.in_future("opened_at", payload),
    )
    return venue.sift(CANDLES, whole, (*rules, *common), records)


def bars(value: Any, names: Sequence[str]) -> list[Record]:
    """Candles that come as lists, as records of `names`, in order; more elements than names are left out.

    Raises `PayloadError("unexpected_shape")` for anything but lists of at least that length.
    """
    if not isinstance(value, list) or not all(isinstance(row, list) and len(row) >= len(names) for row in value):
        raise PayloadError("unexpected_shape", f"expected a list of lists of at least {len(names)} elements")
    return [dict(zip(names, row, strict=False)) for row in value]
