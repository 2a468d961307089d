"""Binance's candles: over REST, and from the public dumps (data.binance.vision).

Belongs here: the twelve columns of a kline, and what they mean in spot, USD-M and COIN-M. Does not belong here:
the sift that every venue's candles go through (`candles.py`), or unpacking (`read.py`). Columns and traps: Binance
documentation; README and issues of github.com/binance/binance-public-data.
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Feed, Parsed, Payload
from schemas.shape import Shape, numbers
from transforms.core.notional import asset_of, quote_of
from transforms.parse import candles, venue, venue_series
from transforms.parse.binance import DELIVERY_HOUR_UTC, coin_m, json_body
from transforms.parse.binance_vision import table
from transforms.parse.venue import Records, Rule

_VENUE = "binance"
COLUMNS = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "count",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "ignore",
)
_READ = COLUMNS[:8]
MARKETS = ("spot", "um", "cm")
KINDS = ("trade", "mark", "index", "premium")
_PARAMS = {
    "market": "spot, um (USD-M) or cm (COIN-M)",
    "symbol": "the symbol that was asked for; of index candles the pair (BTCUSDT, BTCUSD)",
    "candle_kind": "trade, mark, index or premium",
    "interval": "1m … 1w, as the venue writes it",
}
_SPOT_QUOTES = "USDT|USDC|FDUSD|TUSD|BUSD|USDP|DAI|EUR|GBP|TRY|BRL|JPY|BTC|ETH|BNB"
_DELIVERY = r"_(\d{6})$"


def parse_klines(payload: Payload) -> Parsed:
    """`klines`, `markPriceKlines`, `indexPriceKlines` and `premiumIndexKlines` of any market to candles.

    Raises `PayloadError`: error_envelope, unexpected_shape, missing_parameter, bad_parameter, and as
    `read.json_body`.
    """
    records = candles.bars(json_body(payload), _READ)
    return _candles(payload, venue.fields(records, _READ), records)


def parse_klines_dump(payload: Payload) -> Parsed:
    """Files of the public dumps to candles: with a header or without, in milli- or microseconds.

    Raises `PayloadError` as `read.csv_frame`, and missing_parameter, bad_parameter.
    """
    raw = table(payload, COLUMNS, required=_READ)
    return _candles(payload, raw, raw.drop("row"))


def _candles(payload: Payload, raw: pl.DataFrame, records: Records) -> Parsed:
    """Rows of the twelve columns as candles.

    Spot and USD-M count coins and the quote currency. COIN-M counts contracts, and what its files call
    `quote_volume` is coins. Marks, indexes and premiums carry zeros for volumes that they do not have. A
    dated contract's files go on after its delivery at 08:00 UTC; those candles are rejected.
    """
    market = venue_series.parameter(payload, "market", MARKETS)
    kind = venue_series.parameter(payload, "candle_kind", KINDS if market != "spot" else KINDS[:1])
    interval = candles.seconds_of(venue_series.parameter(payload, "interval"))
    symbol = pl.lit(venue_series.parameter(payload, "symbol"))
    volume, quote_volume, nothing = venue.number("volume"), venue.number("quote_volume"), pl.lit(None, pl.Float64())
    is_spot, trades = market == "spot", kind == "trade"
    coins = quote_volume if market == "cm" else volume
    shaped = raw.with_columns(
        opened_at=venue.instant("open_time"),
        closes_at=venue.instant("close_time"),
        venue=pl.lit(_VENUE),
        symbol=symbol,
        asset=spot_asset(symbol) if is_spot else asset_of(symbol),
        quote_currency=spot_quote(symbol) if is_spot else quote_of(symbol),
        instrument_kind=_instrument_kind(symbol, is_spot or kind == "index"),
        candle_kind=pl.lit(kind),
        open_price=venue.number("open"),
        high_price=venue.number("high"),
        low_price=venue.number("low"),
        close_price=venue.number("close"),
        volume_coin=coins if trades else nothing,
        volume_quote=quote_volume if trades and market != "cm" else nothing,
    )
    unreadable = venue.unreadable("volume", volume) | venue.unreadable("quote_volume", quote_volume)
    rules = (
        Rule("other_market", _is_of_other_market(symbol, market, kind), "the symbol is not of the market named"),
        Rule("other_interval", _is_of_other_interval(interval), "the candle is not as long as the interval named"),
        Rule("after_expiry", pl.col("opened_at") >= delivery(symbol), "the contract was delivered before"),
        Rule("bad_number", unreadable, "a volume that is not a number"),
    )
    return candles.candles(payload, shaped, records, interval, rules)


def spot_asset(symbol: pl.Expr) -> pl.Expr:
    """The coin of a spot symbol, which is quoted in coins too: ETHBTC is ETH."""
    base = symbol.str.extract(rf"^(.+?)(?:{_SPOT_QUOTES})$", 1)
    return pl.coalesce(base, asset_of(symbol))


def spot_quote(symbol: pl.Expr) -> pl.Expr:
    """What a spot symbol is quoted in; null where it does not say."""
    return symbol.str.extract(rf"^.+?({_SPOT_QUOTES})$", 1)


def delivery(symbol: pl.Expr) -> pl.Expr:
    """When a dated contract is delivered: 08:00 UTC of the day in its name; null for others."""
    day = symbol.str.extract(_DELIVERY, 1).str.to_datetime("%y%m%d", time_unit="us", time_zone="UTC", strict=False)
    return day + pl.duration(hours=DELIVERY_HOUR_UTC)


def _instrument_kind(symbol: pl.Expr, is_spot: bool) -> pl.Expr:
    of_future = pl.when(symbol.str.contains(_DELIVERY)).then(pl.lit("dated")).otherwise(pl.lit("perpetual"))
    return pl.lit("spot") if is_spot else of_future


def _is_of_other_market(symbol: pl.Expr, market: str, kind: str) -> pl.Expr:
    """An index has a pair for its symbol, whose name says nothing of the market."""
    return pl.lit(kind != "index") & (coin_m(symbol) != (market == "cm"))


def _is_of_other_interval(seconds: int) -> pl.Expr:
    """A candle's stamped end is a milli- or microsecond before the next one; a delivery may cut the last one short."""
    length = (pl.col("closes_at") - pl.col("opened_at")).dt.total_microseconds() + 1_000
    is_short = (length < seconds * 1_000_000) & (pl.col("instrument_kind") != "dated")
    return is_short | (length > seconds * 1_000_000 + 1_000)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="binance_klines",
        source="binance",
        title="Binance candles of spot, USD-M and COIN-M (REST)",
        tables=(candles.CANDLES,),
        parse=parse_klines,
        cadence="every interval, from listing on",
        finality_rule=candles.CANDLE_FINALITY,
        url="https://data-api.binance.vision/api/v3/klines",
        licence=venue.LICENCE,
        params=_PARAMS,
        shape=Shape("*", numbers(*map(str, range(len(_READ))))),
    ),
    Feed(
        name="binance_klines_dump",
        source="binance",
        title="Binance candles of spot, USD-M and COIN-M (public dumps)",
        tables=(candles.CANDLES,),
        parse=parse_klines_dump,
        cadence="a zip per symbol and day, on the next day; one per month, from the first Monday of the next",
        finality_rule=candles.CANDLE_FINALITY,
        url="https://data.binance.vision/data/{market}/{daily|monthly}/{type}/{SYMBOL}/{interval}/",
        licence=venue.LICENCE,
        params=_PARAMS,
        shape=Shape("", numbers(*_READ), format="csv", columns=COLUMNS),
    ),
)
