"""Columns of candles: prices of an interval, as venues publish them."""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT, Between, Column, OneOf

_POSITIVE = (Between(low=0),)


def _price(name: str, text: str) -> Column:
    """No lower bound: a premium index is a ratio and may be negative; a parser refuses a price that is not above 0."""
    return Column(name, pl.Float64(), "quote_per_coin", text)


COLUMNS = (
    Column("opened_at", UTC_INSTANT, "instant", "Start of the interval."),
    Column(
        "candle_kind",
        pl.String(),
        "none",
        "What the prices are: of trades, the mark, the index, or the premium index (a ratio of mark to index).",
        checks=(OneOf(("trade", "mark", "index", "premium")),),
    ),
    Column("interval_seconds", pl.Int32(), "seconds", "Length of the interval.", checks=(Between(low=1),)),
    _price("open_price", "First price of the interval."),
    _price("high_price", "Highest price of the interval."),
    _price("low_price", "Lowest price of the interval."),
    _price("close_price", "Last price of the interval."),
    Column(
        "volume_coin", pl.Float64(), "coin", "Traded volume in coins; null where the feed has none.", True, _POSITIVE
    ),
    Column(
        "volume_quote",
        pl.Float64(),
        "quote",
        "Traded volume in the quote currency; null where the feed has none.",
        True,
        _POSITIVE,
    ),
)
