"""Bybit v5: histories of funding, of open interest and of deliveries.

Belongs here: Bybit's field names, units by category, and which open interest counts one side. Does not
belong here: tickers (`bybit.py`), or halving what counts both sides (`transforms/facts`). Field
meanings: Bybit v5 documentation, `market/history-fund-rate`, `market/open-interest`, `market/delivery-price` and
its change log.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, one_of, texts
from transforms.core.notional import asset_of
from transforms.parse import venue, venue_series
from transforms.parse.bybit import listed
from transforms.parse.venue import Record, Rule

_VENUE = "bybit"
_MARGIN = {"linear": "linear", "inverse": "inverse"}
_CATEGORY = {"category": "linear or inverse; needed where the body does not say it, refused where it says another"}
MAX_SIDES_GAP_RATIO = 0.01


def told(payload: Payload, result: dict[str, Any], name: str) -> str:
    """A parameter that bodies carry as well. Raises `PayloadError` where they disagree, or neither has it."""
    found = str(result.get(name) or "").strip()
    given = payload.params.get(name, "").strip()
    if found and given and found != given:
        raise PayloadError("bad_parameter", f"{name} = {given!r}, but the body is of {found!r}")
    return found or venue_series.parameter(payload, name)


def _rows(payload: Payload) -> tuple[dict[str, Any], list[Record], str]:
    """The body's `result`, its rows and the margin type of its category. Raises as `bybit.listed`."""
    body, records = listed(payload)
    category = told(payload, body["result"], "category")
    if category not in _MARGIN:
        raise PayloadError("not_futures", f"category {category!r} is neither linear nor inverse")
    return body["result"], records, _MARGIN[category]


def parse_funding_history(payload: Payload) -> Parsed:
    """`/v5/market/funding/history` to settlements. A row's own limits, where it has them, are its cap and floor.

    Raises `PayloadError`: error_envelope, unexpected_shape, missing_parameter, bad_parameter, not_futures.
    """
    _, records, margin = _rows(payload)
    raw = venue.fields(
        records, ("symbol", "fundingRate", "fundingRateTimestamp", "upperFundingRate", "lowerFundingRate")
    )
    shaped = raw.with_columns(
        settled_at=venue.instant("fundingRateTimestamp"),
        venue=pl.lit(_VENUE),
        asset=asset_of(pl.col("symbol")),
        margin_type=pl.lit(margin),
        rate_ratio=venue.number("fundingRate"),
        rate_cap_ratio=venue.number("upperFundingRate"),
        rate_floor_ratio=venue.number("lowerFundingRate"),
    )
    return venue_series.settlements(payload, shaped, records)


def parse_open_interest(payload: Payload) -> Parsed:
    """`/v5/market/open-interest` to observations: coins for linear, USD for inverse.

    `openInterest` adds both sides; `singleOpenInterest`, there since 2026-06-11, counts one and is taken
    where it is. Where both are there the first must be twice the second within 1 %, or the row is
    rejected. Raises `PayloadError` as `parse_funding_history`.
    """
    result, records, margin = _rows(payload)
    symbol = told(payload, result, "symbol")
    raw = venue.fields(records, ("openInterest", "singleOpenInterest", "timestamp"))
    both, single = venue.number("openInterest"), venue.number("singleOpenInterest")
    shaped = raw.with_columns(
        observed_at=venue.instant("timestamp"),
        venue=pl.lit(_VENUE),
        symbol=pl.lit(symbol),
        asset=asset_of(pl.lit(symbol)),
        margin_type=pl.lit(margin),
        open_interest_native=pl.coalesce(single, both),
        size_unit=pl.lit("coin" if margin == "linear" else "usd"),
        n_sides=pl.when(single.is_not_null()).then(1).otherwise(2),
    )
    rules = (
        Rule("bad_number", venue.unreadable("singleOpenInterest", single), "the single-sided figure is not a number"),
        Rule("sides_disagree", sides_disagree(both, single), "openInterest is not twice singleOpenInterest"),
    )
    return venue_series.open_interest(payload, shaped, records, rules)


def sides_disagree(both: pl.Expr, single: pl.Expr) -> pl.Expr:
    """Whether a two-sided figure is not twice the one-sided one, within 1 %; null without both."""
    return (both - 2 * single).abs() > MAX_SIDES_GAP_RATIO * both


def parse_delivery_prices(payload: Payload) -> Parsed:
    """`/v5/market/delivery-price` of futures to quotes (price_kind `settle`) at the instant of delivery.

    The price is the mean of the index over the last half hour: it is no quote of the index at that instant, so
    the index stays null. Raises `PayloadError`: error_envelope, unexpected_shape, not_futures.
    """
    body, records = listed(payload)
    if body["result"].get("category", "linear") not in _MARGIN:
        raise PayloadError("not_futures", "delivery prices of options, not of futures")
    raw = venue.fields(records, ("symbol", "deliveryPrice", "deliveryTime"))
    shaped = raw.with_columns(
        quoted_at=venue.instant("deliveryTime"),
        venue=pl.lit(_VENUE),
        future_price=venue.number("deliveryPrice"),
    )
    return venue.deliveries(payload, shaped, records)


_FUNDING_SHAPE = Shape(
    "result.list.*",
    {
        **texts("symbol"),
        **numbers("fundingRate", "fundingRateTimestamp", "upperFundingRate", "lowerFundingRate"),
    },
    optional=one_of("upperFundingRate", "lowerFundingRate"),
)
_OPEN_INTEREST_SHAPE = Shape(
    "result.list.*",
    numbers("openInterest", "singleOpenInterest", "timestamp"),
    optional=one_of("singleOpenInterest"),
)
_DELIVERY_SHAPE = Shape("result.list.*", {**texts("symbol"), **numbers("deliveryPrice", "deliveryTime")})


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="bybit_funding_history",
        source="bybit",
        title="Bybit funding history",
        tables=(venue_series.SETTLEMENTS,),
        parse=parse_funding_history,
        cadence="every settlement since listing, newest first, in pages of 200",
        finality_rule=venue_series.SETTLEMENT_FINALITY,
        url="https://api.bybit.com/v5/market/funding/history",
        licence=venue.LICENCE,
        params=_CATEGORY,
        shape=_FUNDING_SHAPE,
    ),
    Feed(
        name="bybit_open_interest",
        source="bybit",
        title="Bybit open interest",
        tables=(venue_series.OPEN_INTEREST,),
        parse=parse_open_interest,
        cadence="periods of 5 minutes to a day since listing; both sides, and since 2026-06-11 one side as well",
        finality_rule=venue_series.OBSERVATION_FINALITY,
        url="https://api.bybit.com/v5/market/open-interest",
        licence=venue.LICENCE,
        params={**_CATEGORY, "symbol": "the contract, for example BTCUSDT; as the category"},
        shape=_OPEN_INTEREST_SHAPE,
    ),
    Feed(
        name="bybit_delivery_prices",
        source="bybit",
        title="Bybit delivery prices of futures",
        tables=(venue.QUOTES,),
        parse=parse_delivery_prices,
        cadence="a row per contract at its delivery (08:00 UTC), newest first, in pages of 200",
        finality_rule="final when delivered",
        url="https://api.bybit.com/v5/market/delivery-price",
        licence=venue.LICENCE,
        shape=_DELIVERY_SHAPE,
    ),
)
