"""Coinbase: candles of spot pairs and of its US futures.

Belongs here: the two shapes, that of the Exchange (columns without names, low before high) and that of the
Advanced API. Does not belong here: products (`coinbase.py`). Field meanings: Coinbase Exchange and Advanced
Trade documentation.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers
from transforms.parse import candles, read, venue, venue_series
from transforms.parse.venue import Record

_COLUMNS = ("start", "low", "high", "open", "close", "volume")
_NAMED = {"ONE_MINUTE": 60, "FIVE_MINUTE": 300, "FIFTEEN_MINUTE": 900, "THIRTY_MINUTE": 1800, "ONE_HOUR": 3600,
          "TWO_HOUR": 7200, "FOUR_HOUR": 14_400, "SIX_HOUR": 21_600, "ONE_DAY": 86_400}  # fmt: skip
_FUTURE = "-CDE"
# 2009 and 2286: a stamp outside them is of another unit.
_FIRST_SECOND, _LAST_SECOND = 1_230_768_000, 9_999_999_999


def parse_candles(payload: Payload) -> Parsed:
    """Candles of trades, newest first; intervals without a trade are left out by the venue.

    The Exchange's rows are [time, low, high, open, close, volume], the Advanced API's are named. Volume of a
    spot pair is in coins; that of a future is not documented and is not read. The body names nothing:
    `product_id` and `granularity` (seconds, or ONE_HOUR) do, and for a future (`BIT-24APR26-CDE`) `asset` and
    `instrument_kind`. Raises `PayloadError`: error_envelope, unexpected_shape, missing_parameter,
    bad_parameter.
    """
    product = venue_series.parameter(payload, "product_id")
    seconds = _seconds(venue_series.parameter(payload, "granularity"))
    future = product.endswith(_FUTURE)
    base, _, quote = product.partition("-")
    asset = venue_series.parameter(payload, "asset") if future else base.upper()
    kind = venue_series.parameter(payload, "instrument_kind", ("perpetual", "dated")) if future else "spot"
    records = _rows(read.json_body(payload))
    shaped = venue.fields(records, _COLUMNS).with_columns(
        opened_at=_seconds_as_instant("start"),
        venue=pl.lit("coinbase"),
        symbol=pl.lit(product),
        instrument_kind=pl.lit(kind),
        candle_kind=pl.lit("trade"),
        asset=pl.lit(asset),
        quote_currency=pl.lit("USD" if future else quote.upper()),
        **{f"{price}_price": venue.number(price) for price in ("open", "high", "low", "close")},
        volume_coin=pl.lit(None, pl.Float64()) if future else venue.number("volume"),
    )
    return candles.candles(payload, shaped, records, seconds)


def _seconds_as_instant(name: str) -> pl.Expr:
    """An epoch stamp in seconds; the venues' stamps of other units are another parser's."""
    seconds = venue.number(name)
    plausible = seconds.is_between(_FIRST_SECOND, _LAST_SECOND)
    return pl.when(plausible).then((seconds * 1_000_000).cast(pl.Int64())).cast(UTC_INSTANT)


def _seconds(granularity: str) -> int:
    if granularity.isdigit():
        return int(granularity)
    if granularity not in _NAMED:
        raise PayloadError("bad_parameter", f"{granularity!r} is neither seconds nor one of {sorted(_NAMED)}")
    return _NAMED[granularity]


def _rows(body: Any) -> list[Record]:
    """The candles as objects with the columns' names, whichever of the two shapes they come in."""
    if isinstance(body, dict) and "candles" in body:
        return venue.objects(body["candles"], "candles")
    if isinstance(body, dict) and ("message" in body or "error" in body):
        raise venue.envelope_error("Coinbase", body.get("error", "error"), body.get("message"))
    if not isinstance(body, list) or not all(isinstance(row, list) and len(row) == len(_COLUMNS) for row in body):
        raise PayloadError("unexpected_shape", "expected rows of [time, low, high, open, close, volume]")
    return [dict(zip(_COLUMNS, row, strict=True)) for row in body]


_SHAPE = Shape(("candles", "candles.*", "*"), numbers(*(f"{name}|{at}" for at, name in enumerate(_COLUMNS))))


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="coinbase_candles",
        source="coinbase",
        title="Coinbase candles of spot pairs and futures",
        tables=(candles.CANDLES,),
        parse=parse_candles,
        cadence="bars since listing, 300 (spot) or 350 (futures) per call",
        finality_rule=candles.CANDLE_FINALITY,
        url="https://api.exchange.coinbase.com/products/{product_id}/candles",
        licence=venue.LICENCE,
        params={
            "product_id": "the product, for example BTC-USD; a future also has asset and instrument_kind",
            "granularity": "the interval: seconds, or as the Advanced API names it (ONE_HOUR)",
        },
        shape=_SHAPE,
    ),
)
