"""Hyperliquid: candles of perpetuals.

Belongs here: the rows of `candleSnapshot`. Does not belong here: spot pairs of its own tokens, or builders'
markets. Field meanings: Hyperliquid documentation, info endpoint.
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, texts
from transforms.parse import candles, read, venue
from transforms.parse.venue import Rule

_PRICES = {"open_price": "o", "high_price": "h", "low_price": "l", "close_price": "c"}
_RULES = (
    Rule("not_crypto", pl.col("symbol").str.contains(":", literal=True), "a builder's market (HIP-3)"),
    Rule("not_a_perpetual", pl.col("symbol").str.contains("[@/]"), "a spot pair"),
    venue.missing("symbol", "no_symbol", "coin"),
)


def parse_candles(payload: Payload) -> Parsed:
    """`candleSnapshot` to candles of trades; `v` is in coins. A row names its coin and its interval.

    Raises `PayloadError`: unexpected_shape (no list, or rows of several intervals), bad_parameter (an
    interval of months), and as `read.json_body`.
    """
    records = venue.objects(read.json_body(payload), "candleSnapshot")
    intervals = {str(record.get("i")) for record in records}
    if len(intervals) > 1:
        raise PayloadError("unexpected_shape", f"candles of several intervals: {sorted(intervals)}")
    seconds = candles.seconds_of(intervals.pop()) if intervals else candles.seconds_of("1h")
    shaped = venue.fields(records, ("t", "s", "v", *_PRICES.values())).with_columns(
        opened_at=venue.instant("t"),
        venue=pl.lit("hyperliquid"),
        symbol=pl.col("s"),
        instrument_kind=pl.lit("perpetual"),
        candle_kind=pl.lit("trade"),
        asset=venue.canonical("s"),
        **{price: venue.number(name) for price, name in _PRICES.items()},
        volume_coin=venue.number("v"),
    )
    return candles.candles(payload, shaped, records, seconds, _RULES)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="hyperliquid_candles",
        source="hyperliquid",
        title="Hyperliquid candles of perpetuals",
        tables=(candles.CANDLES,),
        parse=parse_candles,
        cadence="the latest 5,000 bars of an interval (208 days of hours), the last one live",
        finality_rule=candles.CANDLE_FINALITY,
        url="https://api.hyperliquid.xyz/info (candleSnapshot)",
        licence=venue.LICENCE,
        shape=Shape(("", "*"), {**texts("s", "i"), **numbers("t", "v", *_PRICES.values())}),
    ),
)
