"""Binance over REST: settled funding and open interest, now and in the last month.

Belongs here: the fields and units of `fundingRate`, `openInterest` and `openInterestHist` in both margin
families. Does not belong here: the public dumps (`binance_vision.py`). Field meanings: Binance
derivatives documentation.
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Feed, Parsed, Payload
from schemas.rules import USD_QUOTES
from schemas.shape import Shape, numbers, one_of, texts
from transforms.core.notional import asset_of, quote_of
from transforms.parse import venue, venue_series
from transforms.parse.binance import coin_m, json_body
from transforms.parse.venue import Rule

_VENUE = "binance"


def _margin() -> pl.Expr:
    return pl.when(coin_m(pl.col("symbol"))).then(pl.lit("inverse")).otherwise(pl.lit("linear"))


def parse_funding_history(payload: Payload) -> Parsed:
    """`/fapi/v1/fundingRate` or `/dapi/v1/fundingRate` to settlements.

    A `rateType` of Special is a stock's dividend, not funding, and is rejected. Raises `PayloadError`:
    error_envelope, unexpected_shape, and as `read.json_body`.
    """
    records = venue.objects(json_body(payload), "fundingRate")
    raw = venue.fields(records, ("symbol", "fundingRate", "fundingTime", "rateType"))
    shaped = raw.with_columns(
        settled_at=venue.instant("fundingTime"),
        venue=pl.lit(_VENUE),
        asset=asset_of(pl.col("symbol")),
        margin_type=_margin(),
        rate_ratio=venue.number("fundingRate"),
    )
    special = Rule("special_rate", pl.col("rateType").str.to_lowercase() == "special", "a dividend, not funding")
    return venue_series.settlements(payload, shaped, records, (special,))


def parse_open_interest(payload: Payload) -> Parsed:
    """`openInterest` (now) and `openInterestHist` (the last month) to observations.

    USD-M counts coins, with a value in the quote currency; COIN-M counts contracts. COIN-M's history is
    by pair and kind: only the perpetual's rows name one contract, the others are a pair's total or a
    quarterly contract that changes, and are rejected. Its value is not read: the venue documents coins,
    but its own sample is none. Raises `PayloadError`: error_envelope, unexpected_shape, and as
    `read.json_body`.
    """
    records = venue.objects(json_body(payload), "open interest")
    raw = venue.fields(
        records,
        ("symbol", "pair", "contractType", "openInterest", "time", "sumOpenInterest", "sumOpenInterestValue",
         "timestamp"),
    )  # fmt: skip
    by_kind = pl.when(pl.col("contractType") == "PERPETUAL").then(pl.col("pair") + "_PERP")
    named = raw.with_columns(
        symbol=pl.coalesce("symbol", by_kind), printed=pl.coalesce("openInterest", "sumOpenInterest")
    )
    is_coin_m = coin_m(pl.col("symbol"))
    value = venue.number("sumOpenInterestValue")
    in_dollars = ~is_coin_m & quote_of(pl.col("symbol")).is_in(USD_QUOTES) & (value > 0)
    shaped = named.with_columns(
        observed_at=pl.coalesce(venue.instant("time"), venue.instant("timestamp")),
        venue=pl.lit(_VENUE),
        asset=asset_of(pl.col("symbol")),
        margin_type=_margin(),
        open_interest_native=venue.number("printed"),
        size_unit=pl.when(is_coin_m).then(pl.lit("contracts")).otherwise(pl.lit("coin")),
        open_interest_coin=pl.when(~is_coin_m).then(venue.number("printed")),
        open_interest_usd=pl.when(in_dollars).then(value),
    )
    of_several = pl.col("symbol").is_null() & pl.col("pair").is_not_null()
    rules = (
        Rule("not_a_contract", of_several, "a pair's total, or a contract that changes"),
        Rule("bad_number", venue.unreadable("sumOpenInterestValue", value), "the value is not a number"),
    )
    return venue_series.open_interest(payload, shaped, records, rules)


_FUNDING_SHAPE = Shape(
    ("", "*"),
    {**texts("symbol", "rateType"), **numbers("fundingRate", "fundingTime")},
    optional=one_of("rateType"),
    values={"rateType": one_of("Normal", "Special")},
)
# The present and the history name the same figures differently; only COIN-M's history has kinds.
_OPEN_INTEREST_SHAPE = Shape(
    ("", "*"),
    {
        **texts("symbol|pair", "contractType"),
        **numbers("openInterest|sumOpenInterest", "sumOpenInterestValue", "time|timestamp"),
    },
    optional=one_of("contractType", "sumOpenInterestValue"),
    values={"contractType": one_of("ALL", "PERPETUAL", "CURRENT_QUARTER", "NEXT_QUARTER")},
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="binance_funding_history",
        source="binance",
        title="Binance funding history (REST)",
        tables=(venue_series.SETTLEMENTS,),
        parse=parse_funding_history,
        cadence="every settlement, from listing on; the current month, which the dumps lack, is only here",
        finality_rule=venue_series.SETTLEMENT_FINALITY,
        url="https://fapi.binance.com/fapi/v1/fundingRate",
        licence=venue.LICENCE,
        shape=_FUNDING_SHAPE,
    ),
    Feed(
        name="binance_open_interest",
        source="binance",
        title="Binance open interest, now and in the last month (REST)",
        tables=(venue_series.OPEN_INTEREST,),
        parse=parse_open_interest,
        cadence="snapshot, or periods of 5 minutes to a day; older than a month is refused",
        finality_rule=venue_series.OBSERVATION_FINALITY,
        url="https://fapi.binance.com/futures/data/openInterestHist",
        licence=venue.LICENCE,
        shape=_OPEN_INTEREST_SHAPE,
    ),
)
