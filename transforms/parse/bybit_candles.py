"""Bybit v5: klines of trades, of the mark, of the index and of the premium index.

Belongs here: the place of each figure in a kline, and which volume is coins. Does not belong here: which klines
are asked for (`orchestration/sources/http/venues`). Field meanings: Bybit v5 documentation, `market/kline`,
`mark-kline`, `index-kline`, `premium-index-kline`.
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers
from transforms.core.notional import asset_of, quote_of
from transforms.parse import candles, venue, venue_series
from transforms.parse.bybit import answered
from transforms.parse.bybit_series import told
from transforms.parse.venue import Rule

_VENUE = "bybit"
_KINDS = ("trade", "mark", "index", "premium")
_CATEGORIES = ("linear", "inverse")
_DAY, _WEEK = "D", "W"
_BAR = ("start", "open", "high", "low", "close")
_TRADED = (*_BAR, "volume", "turnover")


def parse_klines(payload: Payload) -> Parsed:
    """`/v5/market/kline`, `mark-price-kline`, `index-price-kline` and `premium-index-price-kline` to candles.

    Rows are `[start, open, high, low, close]`, of trades with `volume, turnover`: for linear contracts the
    volume is coins and the turnover quote currency, for inverse ones the volume is USD and the turnover
    coins. The running interval is among them: it is preliminary. Raises `PayloadError`: error_envelope,
    unexpected_shape, missing_parameter, bad_parameter, not_futures.
    """
    _, result = answered(payload)
    kind = venue_series.parameter(payload, "candle_kind", _KINDS)
    interval = interval_seconds(venue_series.parameter(payload, "interval"))
    category, symbol = told(payload, result, "category"), told(payload, result, "symbol")
    if category not in _CATEGORIES:
        raise PayloadError("not_futures", f"category {category!r} is neither linear nor inverse")
    records = candles.bars(result["list"], _TRADED if kind == "trade" else _BAR)
    raw = venue.fields(records, _TRADED)
    coins, quote = ("volume", "turnover") if category == "linear" else ("turnover", "volume")
    shaped = raw.with_columns(
        opened_at=venue.instant("start"),
        venue=pl.lit(_VENUE),
        symbol=pl.lit(symbol),
        instrument_kind=pl.lit("spot") if kind == "index" else _instrument_kind(pl.lit(symbol)),
        candle_kind=pl.lit(kind),
        asset=asset_of(pl.lit(symbol)),
        quote_currency=quote_of(pl.lit(symbol)),
        open_price=venue.number("open"),
        high_price=venue.number("high"),
        low_price=venue.number("low"),
        close_price=venue.number("close"),
        volume_coin=venue.number(coins),
        volume_quote=venue.number(quote),
    )
    rules = _volume_rules() if kind == "trade" else ()
    return candles.candles(payload, shaped, records, interval, rules)


def _instrument_kind(symbol: pl.Expr) -> pl.Expr:
    """`BTCUSDT-27MAR26`, `BTC-27MAR26` and `BTCUSDH26` are dated; names without a date are perpetuals."""
    is_dated = symbol.str.contains(r"-\d{1,2}[A-Z]{3}\d{2}$|USD[FGHJKMNQUVXZ]\d{2}$")
    return pl.when(is_dated).then(pl.lit("dated")).otherwise(pl.lit("perpetual"))


def _volume_rules() -> tuple[Rule, ...]:
    return tuple(
        Rule("bad_number", venue.number(name).is_null(), f"{name} is not a number") for name in ("volume", "turnover")
    )


def interval_seconds(interval: str) -> int:
    """Seconds of an interval, ours (1h, 1d) or the venue's (60, D, W); raises as `candles.seconds_of`."""
    return candles.seconds_of(f"1{interval}" if interval in (_DAY, _WEEK) else interval)


# Volume and turnover are of trades only.
_SHAPE = Shape("result.list.*", numbers(*map(str, range(len(_TRADED)))), optional=frozenset({"5", "6"}))


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="bybit_klines",
        source="bybit",
        title="Bybit candles of trades, marks, indexes and premiums",
        tables=(candles.CANDLES,),
        parse=parse_klines,
        cadence="hours and days since listing, newest first, in pages of 1,000",
        finality_rule=candles.CANDLE_FINALITY,
        url="https://api.bybit.com/v5/market/kline",
        licence=venue.LICENCE,
        params={
            "candle_kind": "trade, mark, index or premium: the body does not say it",
            "interval": "length of the candles, for example 1h or 1d",
            "category": "linear or inverse; needed where the body does not say it",
            "symbol": "the contract, for example BTCUSDT; as the category",
        },
        shape=_SHAPE,
    ),
)
