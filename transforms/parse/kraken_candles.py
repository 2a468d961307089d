"""Kraken Futures: candles of trades, marks and indexes.

Belongs here: the chart bodies and the unit of their volume. Does not belong here: analytics series, whose units
Kraken does not document. Field meanings: Kraken Futures API documentation (charts v1).
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers
from transforms.core.notional import asset_of, quote_of
from transforms.parse import candles, kraken, read, venue, venue_series

_KINDS = {"trade": "trade", "mark": "mark", "spot": "index"}
_SYMBOL = r"^[PF][IF]_[A-Z0-9]+(_\d{6})?$"


def parse_candles(payload: Payload) -> Parsed:
    """`/api/charts/v1/{tick_type}/{symbol}/{resolution}` to candles; `spot` is the index of the contract.

    `time` is in milliseconds, though the request is in seconds. Volume is in dollars for inverse contracts and
    in coins for linear ones; marks and indexes have none. The body names nothing: the parameters do. Raises
    `PayloadError`: error_envelope, unexpected_shape, missing_parameter, bad_parameter.
    """
    symbol = venue_series.parameter(payload, "symbol")
    tick_type = venue_series.parameter(payload, "tick_type", _KINDS)
    interval = candles.seconds_of(venue_series.parameter(payload, "resolution"))
    name = pl.lit(symbol)
    if not pl.select(name.str.contains(_SYMBOL)).item():
        raise PayloadError("bad_parameter", f"{symbol!r} is no contract on a coin")
    body = kraken.refuse_error(read.json_body(payload))
    if "candles" not in body:
        raise PayloadError("unexpected_shape", "no `candles` in the body")
    records = venue.objects(body["candles"], "candles")
    traded = pl.when(pl.lit(tick_type == "trade")).then(venue.number("volume"))
    inverse = name.str.contains(kraken.INVERSE_SYMBOL)
    kind = "spot" if tick_type == "spot" else "perpetual" if symbol.startswith("P") else "dated"
    shaped = venue.fields(records, ("time", "open", "high", "low", "close", "volume")).with_columns(
        opened_at=venue.instant("time"),
        venue=pl.lit(kraken.VENUE),
        symbol=name,
        instrument_kind=pl.lit(kind),
        candle_kind=pl.lit(_KINDS[tick_type]),
        asset=asset_of(name),
        quote_currency=quote_of(name),
        **{f"{price}_price": venue.number(price) for price in ("open", "high", "low", "close")},
        volume_coin=pl.when(~inverse).then(traded),
        volume_quote=pl.when(inverse).then(traded),
    )
    return candles.candles(payload, shaped, records, interval)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="kraken_candles",
        source="kraken",
        title="Kraken Futures candles of trades, marks and indexes",
        tables=(candles.CANDLES,),
        parse=parse_candles,
        cadence="bars since listing, 2,000 per call, the last one live",
        finality_rule=candles.CANDLE_FINALITY,
        url="https://futures.kraken.com/api/charts/v1/{tick_type}/{symbol}/{resolution}",
        licence=venue.LICENCE,
        params={
            "symbol": "the contract that the body is of, for example PF_XBTUSD",
            "tick_type": "trade, mark or spot (the index)",
            "resolution": "the interval, for example 1h",
        },
        shape=Shape(("candles", "candles.*"), numbers("time", "open", "high", "low", "close", "volume")),
    ),
)
