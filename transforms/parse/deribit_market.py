"""Deribit: candles, and the delivery price of each day.

Belongs here: parallel arrays of the chart, and the average that futures and options settle at. Does not belong
here: DVOL (`deribit_volatility.py`) or marks (`deribit.py`). Field meanings: Deribit API v2 documentation.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, lists, numbers, one_of, texts
from transforms.core.notional import asset_of
from transforms.parse import candles, deribit, venue, venue_series
from transforms.parse.venue import Record, Rule

_VENUE = "deribit"
_ARRAYS = ("ticks", "open", "high", "low", "close", "volume", "cost")
_DELIVERY_HOUR_UTC = 8


def parse_candles(payload: Payload) -> Parsed:
    """`get_tradingview_chart_data` to candles of trades.

    `volume` is in coins and `cost` in the quote currency, for inverse and linear futures alike. Where
    nothing traded the venue repeats the last price with a volume of 0. The body names neither its contract
    nor its interval: the parameters do. Raises `PayloadError`: error_envelope, unexpected_shape,
    missing_parameter, bad_parameter (no future, or no interval).
    """
    name = venue_series.parameter(payload, "instrument_name")
    resolution = venue_series.parameter(payload, "resolution")
    symbol = pl.lit(name)
    if not pl.select(symbol.str.contains(deribit.FUTURE_SYMBOL)).item():
        raise PayloadError("bad_parameter", f"{name!r} is neither a perpetual nor a dated future")
    records = _bars(deribit.result(payload)[1])
    linear = symbol.str.contains(deribit.LINEAR_SYMBOL)
    kind = "perpetual" if name.endswith("-PERPETUAL") else "dated"
    shaped = venue.fields(records, _ARRAYS).with_columns(
        opened_at=venue.instant("ticks"),
        venue=pl.lit(_VENUE),
        symbol=symbol,
        instrument_kind=pl.lit(kind),
        candle_kind=pl.lit("trade"),
        asset=asset_of(symbol),
        quote_currency=pl.when(linear).then(symbol.str.extract(r"^[A-Z0-9]+_([A-Z]+)-")).otherwise(pl.lit("USD")),
        **{f"{price}_price": venue.number(price) for price in ("open", "high", "low", "close")},
        volume_coin=venue.number("volume"),
        volume_quote=venue.number("cost"),
    )
    return candles.candles(payload, shaped, records, candles.seconds_of(resolution))


def _bars(answer: Any) -> list[Record]:
    """The chart's parallel arrays as one object a bar; none for `no_data`."""
    if not isinstance(answer, dict) or answer.get("status") not in ("ok", "no_data"):
        raise PayloadError("unexpected_shape", "result: expected a chart with status ok or no_data")
    arrays = [answer.get(name) or [] for name in _ARRAYS]
    if not all(isinstance(array, list) and len(array) == len(arrays[0]) for array in arrays):
        raise PayloadError("unexpected_shape", "result: the arrays of the chart are not of one length")
    return [dict(zip(_ARRAYS, bar, strict=True)) for bar in zip(*arrays, strict=True)]


def parse_delivery_prices(payload: Payload) -> Parsed:
    """`get_delivery_prices` to index prices at 08:00 UTC of each date.

    A delivery price is the average of the index over the half hour before. The body does not name its
    index: the parameter `index_name` does (btc_usd). Raises `PayloadError`: error_envelope,
    unexpected_shape, missing_parameter, bad_parameter.
    """
    asset, _, quote = venue_series.parameter(payload, "index_name").upper().partition("_")
    if not (asset and quote):
        raise PayloadError("bad_parameter", "index_name is a pair, for example btc_usd")
    answer = deribit.result(payload)[1]
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise PayloadError("unexpected_shape", "result.data: expected a list of delivery prices")
    records = venue.objects(answer["data"], "result.data")
    shaped = venue.fields(records, ("date", "delivery_price")).with_columns(
        quoted_at=pl.col("date").str.to_datetime("%Y-%m-%d", time_zone="UTC", time_unit="us", strict=False)
        .dt.offset_by(f"{_DELIVERY_HOUR_UTC}h").cast(UTC_INSTANT),
        venue=pl.lit(_VENUE),
        asset=pl.lit(asset).replace({"XBT": "BTC"}),
        quote_currency=pl.lit(quote),
        index_price=venue.number("delivery_price"),
    )  # fmt: skip
    return venue.indexes(payload, shaped, records, (_NOT_POSITIVE,))


_NOT_POSITIVE = Rule("not_positive", pl.col("index_price") <= 0, "a price that is not above 0")


# An answer of no_data may leave the arrays out.
_CANDLES_SHAPE = Shape(
    "result",
    {**texts("status"), **lists(*_ARRAYS)},
    optional=one_of(*_ARRAYS),
    values={"status": one_of("ok", "no_data")},
)
_DELIVERY_SHAPE = Shape("result.data.*", {**texts("date"), **numbers("delivery_price")})


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="deribit_candles",
        source="deribit",
        title="Deribit candles of futures",
        tables=(candles.CANDLES,),
        parse=parse_candles,
        cadence="bars since listing, 5,000 per call, the last one live; expired contracts soon vanish",
        finality_rule=candles.CANDLE_FINALITY,
        url="https://www.deribit.com/api/v2/public/get_tradingview_chart_data",
        licence=venue.LICENCE,
        params={
            "instrument_name": "the future that the body is of, for example BTC-PERPETUAL",
            "resolution": "the interval as it was asked for: minutes, or 1D",
        },
        shape=_CANDLES_SHAPE,
    ),
    Feed(
        name="deribit_delivery_prices",
        source="deribit",
        title="Deribit delivery prices at 08:00 UTC",
        tables=(venue.INDEXES,),
        parse=parse_delivery_prices,
        cadence="one a day, years of history by offset",
        finality_rule="final when published: contracts were settled at it",
        url="https://www.deribit.com/api/v2/public/get_delivery_prices",
        licence=venue.LICENCE,
        params={"index_name": "which index the body is of, for example btc_usd"},
        shape=_DELIVERY_SHAPE,
    ),
)
