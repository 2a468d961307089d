"""OKX v5: candles of trades, of the mark and of the index.

Belongs here: the place of each figure in a candle, and which volume is coins. Does not belong here: which candles
are asked for (`orchestration/sources/http/venues`). Field meanings: OKX v5 documentation.
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers
from transforms.core.notional import asset_of, quote_of
from transforms.parse import candles, venue, venue_series
from transforms.parse.okx import data
from transforms.parse.venue import Rule

_VENUE = "okx"
_KINDS = ("trade", "mark", "index")
_TRADED = ("ts", "open", "high", "low", "close", "vol", "volCcy", "volCcyQuote", "confirm")
_PRICED = ("ts", "open", "high", "low", "close", "confirm")
_VOLUMES = ("vol", "volCcy", "volCcyQuote")
_SPOT_ID = r"^[^-]+-[^-]+$"


def parse_candles(payload: Payload) -> Parsed:
    """`history-candles`, `history-mark-price-candles` and `history-index-candles` to candles.

    Rows are `[ts, o, h, l, c, contracts, coins, quote, confirm]` of trades, of spot pairs with coins in
    the first place too, and `[ts, o, h, l, c, confirm]` of marks and indexes. `confirm` 0 is a candle that
    is not over. A bar of `1D` is a day of UTC+8 and would pass for one of UTC: `1Dutc` is wanted. Raises
    `PayloadError`: error_envelope, unexpected_shape, missing_parameter, bad_parameter.
    """
    symbol = venue_series.parameter(payload, "inst_id")
    kind = venue_series.parameter(payload, "candle_kind", _KINDS)
    interval = candles.seconds_of(_utc_bar(payload))
    records = candles.bars(data(payload), _TRADED if kind == "trade" else _PRICED)
    raw = venue.fields(records, _TRADED)
    is_pair = pl.lit(symbol).str.contains(_SPOT_ID)
    coins = pl.when(is_pair).then(venue.number("vol")).otherwise(venue.number("volCcy"))
    shaped = raw.with_columns(
        opened_at=venue.instant("ts"),
        venue=pl.lit(_VENUE),
        symbol=pl.lit(symbol),
        instrument_kind=instrument_kind(pl.lit(symbol)),
        candle_kind=pl.lit(kind),
        asset=asset_of(pl.lit(symbol)),
        quote_currency=quote_of(pl.lit(symbol)),
        open_price=venue.number("open"),
        high_price=venue.number("high"),
        low_price=venue.number("low"),
        close_price=venue.number("close"),
        volume_coin=coins,
        volume_quote=venue.number("volCcyQuote"),
        is_over=pl.col("confirm") == "1",
    )
    rules = [Rule("bad_number", venue.unreadable(name, venue.number(name)), f"{name} is none") for name in _VOLUMES]
    unconfirmed = Rule("bad_flag", ~pl.col("confirm").is_in(["0", "1"]).fill_null(False), "confirm is neither 0 nor 1")
    return candles.candles(payload, shaped, records, interval, (*rules, unconfirmed))


def _utc_bar(payload: Payload) -> str:
    """The bar; of six hours or more one that begins by UTC. Raises `PayloadError("bad_parameter")`."""
    bar = venue_series.parameter(payload, "bar")
    if candles.seconds_of(bar) >= candles.seconds_of("6H") and not bar.endswith("utc"):
        raise PayloadError("bad_parameter", f"bar {bar!r} begins by UTC+8; {bar}utc is a bar of UTC")
    return bar


def instrument_kind(symbol: pl.Expr) -> pl.Expr:
    """The kind of instrument by its id: a pair is spot (or an index), a swap or X-Perp perpetual, a date dated."""
    return (
        pl.when(symbol.str.contains(_SPOT_ID)).then(pl.lit("spot"))
        .when(symbol.str.contains(r"-SWAP$|XPERP")).then(pl.lit("perpetual"))
        .when(symbol.str.contains(r"-\d{6}$")).then(pl.lit("dated"))
        .when(symbol.str.contains(r"-\d{6}-[\d.]+-[CP]$")).then(pl.lit("option"))
    )  # fmt: skip


# Marks and indexes have no volumes.
_PLACES = tuple(map(str, range(len(_TRADED))))
_SHAPE = Shape("data.*", numbers(*_PLACES), optional=frozenset(_PLACES[len(_PRICED) :]))


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="okx_candles",
        source="okx",
        title="OKX candles of trades, marks and indexes",
        tables=(candles.CANDLES,),
        parse=parse_candles,
        cadence="hours and days of years, newest first, in pages of 100",
        finality_rule="preliminary while the venue says that it is not confirmed, else final",
        url="https://www.okx.com/api/v5/market/history-candles",
        licence=venue.LICENCE,
        params={
            "inst_id": "the instrument that the body is of, for example BTC-USDT-SWAP, or BTC-USD of an index",
            "candle_kind": "trade, mark or index: the body does not say it",
            "bar": "the bar asked for, for example 1H or 1Dutc (1D is a day of UTC+8)",
        },
        shape=_SHAPE,
    ),
)
