"""Bybit v5: option chains.

Belongs here: Bybit's option symbols, volatilities and premiums. Does not belong here: tickers of futures
(`bybit.py`), or smiles (`transforms/facts`). Field meanings: Bybit v5 documentation, `market/tickers`.
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, texts
from transforms.parse import option_quotes, venue
from transforms.parse.bybit import STAMP_SHAPE, TICKERS, ticker_records
from transforms.parse.venue import Rule

_VENUE = "bybit"
# The websocket calls some of the fields by other names than the REST answer.
_NAMES = {
    "bid1Price": "bidPrice", "ask1Price": "askPrice", "bid1Iv": "bidIv", "ask1Iv": "askIv", "markIv": "markPriceIv",
}  # fmt: skip
_PLAIN = (
    "markPrice", "indexPrice", "underlyingPrice", "openInterest", "volume24h", "delta", "gamma", "vega", "theta",
)  # fmt: skip


def parse_option_tickers(payload: Payload) -> Parsed:
    """`/v5/market/tickers?category=option` to option quotes at the body's `time`.

    A symbol is `BTC-30DEC22-18000-C`, of newer contracts with the settlement coin behind it (`-USDT`).
    Premiums are dollars of the stablecoin, volatilities fractions, and open interest and volume coins. A
    bid, an ask or its volatility of 0 is none. Raises `PayloadError("not_options")` for tickers of futures.
    """
    records = [
        record | {rest: record.get(rest, record.get(stream)) for rest, stream in _NAMES.items()}
        for record in ticker_records(payload)
    ]
    raw = venue.fields(records, ("symbol", "time", *_NAMES, *_PLAIN))
    if records and raw["markIv"].null_count() == raw.height:
        raise PayloadError("not_options", "tickers of futures or spot pairs, not of options")
    parts = pl.col("symbol").str.split("-")
    split = raw.with_columns(
        base=parts.list.get(0, null_on_oob=True),
        day=parts.list.get(1, null_on_oob=True),
        strike=parts.list.get(2, null_on_oob=True),
        right=parts.list.get(3, null_on_oob=True),
    )
    shaped = split.with_columns(
        quoted_at=venue.instant("time"),
        venue=pl.lit(_VENUE),
        asset=venue.canonical("base"),
        option_type=option_quotes.option_type("right"),
        strike_price=venue.number("strike"),
        expires_at=option_quotes.expiry("day", "%d%b%y"),
        premium_currency=pl.lit("usd"),
        mark_premium=venue.number("markPrice"),
        bid_premium=option_quotes.positive("bid1Price"),
        ask_premium=option_quotes.positive("ask1Price"),
        mark_iv_points=option_quotes.points("markIv"),
        bid_iv_points=option_quotes.points("bid1Iv"),
        ask_iv_points=option_quotes.points("ask1Iv"),
        underlying_price=option_quotes.positive("underlyingPrice"),
        index_price=option_quotes.positive("indexPrice"),
        delta_ratio=venue.number("delta"),
        option_open_interest_coin=venue.number("openInterest"),
        option_volume_24h_coin=venue.number("volume24h"),
        **{name: venue.number(name) for name in ("gamma", "vega", "theta")},
    )
    rules: tuple[Rule, ...] = (option_quotes.readable(*_PLAIN, *_NAMES),)
    return option_quotes.quotes(payload, shaped, records, rules)


_EITHER = tuple(f"{rest}|{stream}" for rest, stream in _NAMES.items())
_SHAPE = (Shape(TICKERS, {**texts("symbol"), **numbers(*_PLAIN, *_EITHER)}), STAMP_SHAPE)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="bybit_option_tickers",
        source="bybit",
        title="Bybit option chains",
        tables=(option_quotes.OPTION_QUOTES,),
        parse=parse_option_tickers,
        cadence="snapshot of all options on one coin, twice a day",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://api.bybit.com/v5/market/tickers",
        licence=venue.LICENCE,
        shape=_SHAPE,
    ),
)
