"""Hyperliquid: funding history and the contexts of all perpetuals.

Belongs here: Hyperliquid's field names, and joining contexts to names. Does not belong here: fills and
liquidations, which are in its node archive. Field meanings: Hyperliquid documentation, info endpoint.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, one_of, texts
from transforms.parse import read, venue, venue_series
from transforms.parse.venue import Record, Rule

_VENUE = "hyperliquid"
_BUILDER = Rule("not_crypto", pl.col("symbol").str.contains(":", literal=True), "a builder's market (HIP-3)")


def parse_funding_history(payload: Payload) -> Parsed:
    """`fundingHistory` to settlements. Stamps are some milliseconds late.

    The interval is for the stamps to tell: hourly, but eight-hourly in the earliest history. Markets of
    builders (`xyz:TSLA`) are rejected. Raises `PayloadError`: unexpected_shape, and as `read.json_body`.
    """
    records = venue.objects(read.json_body(payload), "fundingHistory")
    shaped = venue.fields(records, ("coin", "fundingRate", "time")).with_columns(
        settled_at=venue.instant("time"),
        venue=pl.lit(_VENUE),
        symbol=pl.col("coin"),
        asset=venue.canonical("coin"),
        margin_type=pl.lit("linear"),
        rate_ratio=venue.number("fundingRate"),
    )
    return venue_series.settlements(payload, shaped, records, (_BUILDER,))


def parse_asset_contexts(payload: Payload) -> Parsed:
    """`metaAndAssetCtxs` to observations of open interest in coins, one side, with the mark beside them.

    The body holds names and contexts in two lists, joined by position, so lists of different lengths are
    refused. It has no stamp: the minute in which it became known is the instant. Delisted perpetuals and
    builders' markets are rejected. `funding` is the running rate, not a settlement, and is not read.
    Raises `PayloadError`: unexpected_shape, and as `read.json_body`.
    """
    records = _contexts(read.json_body(payload))
    shaped = venue.fields(records, ("name", "isDelisted", "openInterest", "markPx")).with_columns(
        observed_at=pl.lit(payload.known_at).cast(UTC_INSTANT).dt.truncate("1m"),
        venue=pl.lit(_VENUE),
        symbol=pl.col("name"),
        asset=venue.canonical("name"),
        margin_type=pl.lit("linear"),
        open_interest_native=venue.number("openInterest"),
        size_unit=pl.lit("coin"),
        open_interest_coin=venue.number("openInterest"),
        mark_price=venue.number("markPx"),
    )
    rules = (
        Rule("delisted", pl.col("isDelisted") == "True", "the perpetual is delisted"),
        _BUILDER,
        Rule("bad_number", venue.unreadable("markPx", pl.col("mark_price")), "the mark is not a number"),
    )
    return venue_series.open_interest(payload, shaped, records, rules)


def _contexts(body: Any) -> list[Record]:
    """Each perpetual's name and context as one object. Raises `PayloadError("unexpected_shape")`."""
    if not isinstance(body, list) or len(body) != 2 or not isinstance(body[0], dict):
        raise PayloadError("unexpected_shape", "expected the universe and its contexts")
    names, contexts = body[0].get("universe"), body[1]
    if not isinstance(names, list) or not isinstance(contexts, list) or len(names) != len(contexts):
        raise PayloadError("unexpected_shape", "universe and contexts are not lists of one length")
    pairs = zip(venue.objects(names, "universe"), venue.objects(contexts, "contexts"), strict=True)
    return [{**context, **name} for name, context in pairs]


_FUNDING_SHAPE = Shape(("", "*"), {**texts("coin"), **numbers("fundingRate", "time")})
_CONTEXTS_SHAPE = (
    Shape("0.universe.*", {**texts("name"), "isDelisted": "flag"}, optional=one_of("isDelisted")),
    Shape("1.*", numbers("openInterest", "markPx")),
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="hyperliquid_funding_history",
        source="hyperliquid",
        title="Hyperliquid funding history",
        tables=(venue_series.SETTLEMENTS,),
        parse=parse_funding_history,
        cadence="every settlement since listing, in pages of 500",
        finality_rule=venue_series.SETTLEMENT_FINALITY,
        url="https://api.hyperliquid.xyz/info (fundingHistory)",
        licence=venue.LICENCE,
        shape=_FUNDING_SHAPE,
    ),
    Feed(
        name="hyperliquid_asset_contexts",
        source="hyperliquid",
        title="Hyperliquid open interest and marks",
        tables=(venue_series.OPEN_INTEREST,),
        parse=parse_asset_contexts,
        cadence="snapshot of all perpetuals; the history is in the venue's archive",
        finality_rule=venue_series.OBSERVATION_FINALITY,
        url="https://api.hyperliquid.xyz/info (metaAndAssetCtxs)",
        licence=venue.LICENCE,
        shape=_CONTEXTS_SHAPE,
    ),
)
