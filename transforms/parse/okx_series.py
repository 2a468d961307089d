"""OKX v5: settled funding, deliveries, and open interest now and in periods.

Belongs here: OKX's field names and which rate is the realised one. Does not belong here: instruments and
marks (`okx.py`). Field meanings: OKX v5 documentation.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, one_of, texts
from transforms.core.notional import asset_of
from transforms.parse import candles, venue, venue_series
from transforms.parse.okx import FUTURES, INSTRUMENT_TYPES, data, data_records
from transforms.parse.venue import Record, Rule

_VENUE = "okx"
_POINT = ("ts", "oi", "oiCcy", "oiUsd")


def margin_type(symbol: pl.Expr) -> pl.Expr:
    """Margin of a swap or future by its name: `BTC-USD-…` is inverse, `BTC-USDT-…` and `BTC-USD_UM-…` linear."""
    quote = symbol.str.split("-").list.get(1, null_on_oob=True)
    return pl.when(quote == "USD").then(pl.lit("inverse")).when(quote.is_not_null()).then(pl.lit("linear"))


def _futures_only(raw: pl.DataFrame) -> Rule:
    """Rejects other instruments. Raises `PayloadError("not_futures")` for a body of nothing else."""
    if raw.height and not raw["instType"].is_in(FUTURES).any():
        raise PayloadError("not_futures", "margin pairs or options, not swaps or futures")
    return Rule("not_a_future", ~pl.col("instType").is_in(FUTURES), "margin or option, not swap or future")


def parse_funding_history(payload: Payload) -> Parsed:
    """`/api/v5/public/funding-rate-history` to settlements: `realizedRate` at `fundingTime`.

    `fundingRate` is what had been predicted and is not read, so a row without `realizedRate` is rejected.
    Raises `PayloadError`: error_envelope, unexpected_shape, not_futures.
    """
    records = data_records(payload)
    raw = venue.fields(records, ("instId", "instType", "realizedRate", "fundingTime"))
    shaped = raw.with_columns(
        settled_at=venue.instant("fundingTime"),
        venue=pl.lit(_VENUE),
        symbol=pl.col("instId"),
        asset=asset_of(pl.col("instId")),
        margin_type=margin_type(pl.col("instId")),
        rate_ratio=venue.number("realizedRate"),
    )
    rules = (
        _futures_only(raw),
        Rule("not_settled", pl.col("realizedRate").is_null(), "no realizedRate: a predicted rate is no settlement"),
    )
    return venue_series.settlements(payload, shaped, records, rules)


def parse_open_interest(payload: Payload) -> Parsed:
    """`/api/v5/public/open-interest` of swaps and futures to observations: contracts, coins and dollars.

    Raises `PayloadError`: error_envelope, unexpected_shape, not_futures.
    """
    records = data_records(payload)
    raw = venue.fields(records, ("instId", "instType", *_POINT))
    return _observations(payload, raw.with_columns(symbol=pl.col("instId")), records, (_futures_only(raw),))


def parse_open_interest_history(payload: Payload) -> Parsed:
    """`/api/v5/rubik/stat/contracts/open-interest-history` to observations: rows `[ts, oi, oiCcy, oiUsd]`.

    The body does not name its contract: the parameter `inst_id` does. A row whose period still runs is
    preliminary; where the parameter `period` does not tell its length, the newest row is. Raises
    `PayloadError`: error_envelope, unexpected_shape, missing_parameter, bad_parameter.
    """
    symbol = venue_series.parameter(payload, "inst_id")
    records = [_point(row) for row in _rows(data(payload))]
    raw = venue.fields(records, _POINT).with_columns(symbol=pl.lit(symbol))
    running = raw.with_columns(
        finality=pl.when(_is_running(payload)).then(pl.lit("preliminary")).otherwise(pl.lit("final"))
    )
    return _observations(payload, running, records)


def _is_running(payload: Payload) -> pl.Expr:
    stamp, period = venue.instant("ts"), payload.params.get("period", "")
    if not period:
        return stamp == stamp.max()
    return stamp + pl.duration(seconds=candles.seconds_of(period)) > pl.lit(payload.known_at).cast(UTC_INSTANT)


def parse_delivery_history(payload: Payload) -> Parsed:
    """`/api/v5/public/delivery-exercise-history` of futures to quotes (price_kind `settle`) at delivery.

    The field is `insId`, by the venue's own slip; `instId` is understood as well. The price is a mean of the
    index, so the index stays null. Exercised options are rejected. Raises `PayloadError`: error_envelope,
    unexpected_shape.
    """
    records = [
        {**detail, "instId": detail.get("insId", detail.get("instId")), "ts": day.get("ts")}
        for day in data_records(payload)
        for detail in venue.objects(day.get("details"), "details")
    ]
    raw = venue.fields(records, ("instId", "type", "px", "ts"))
    shaped = raw.with_columns(
        quoted_at=venue.instant("ts"),
        venue=pl.lit(_VENUE),
        symbol=pl.col("instId"),
        future_price=venue.number("px"),
    )
    rules = (
        Rule("not_a_future", pl.col("type").fill_null("") != "delivery", "an exercised or expired option"),
        venue.missing("symbol", "no_symbol", "contract"),
    )
    return venue.deliveries(payload, shaped, records, rules)


def _rows(value: Any) -> list[list[Any]]:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise PayloadError("unexpected_shape", "data: expected a list of lists")
    return value


def _point(row: list[Any]) -> Record:
    if len(row) < len(_POINT):
        raise PayloadError("unexpected_shape", f"data: expected rows of {len(_POINT)} elements, found {len(row)}")
    return dict(zip(_POINT, row, strict=False))


def _observations(payload: Payload, raw: pl.DataFrame, records: list[Record], rules: tuple[Rule, ...] = ()) -> Parsed:
    shaped = raw.with_columns(
        observed_at=venue.instant("ts"),
        venue=pl.lit(_VENUE),
        asset=asset_of(pl.col("symbol")),
        margin_type=margin_type(pl.col("symbol")),
        open_interest_native=venue.number("oi"),
        size_unit=pl.lit("contracts"),
        open_interest_coin=venue.number("oiCcy"),
        open_interest_usd=venue.number("oiUsd"),
    )
    bad = (
        Rule("bad_number", venue.unreadable(name, venue.number(name)), f"{name} is not a number")
        for name in ("oiCcy", "oiUsd")
    )
    return venue_series.open_interest(payload, shaped, records, (*rules, *bad))


_OF_TYPE = {"instType": INSTRUMENT_TYPES}
_FUNDING_SHAPE = Shape(
    "data.*", {**texts("instId", "instType"), **numbers("realizedRate", "fundingTime")}, values=_OF_TYPE
)
_OPEN_INTEREST_SHAPE = Shape("data.*", {**texts("instId", "instType"), **numbers(*_POINT)}, values=_OF_TYPE)
_DELIVERY_SHAPE = (
    Shape("data.*", {**numbers("ts"), "details": "list"}),
    Shape(
        "data.*.details.*",
        {**texts("insId|instId", "type"), **numbers("px")},
        values={"type": one_of("delivery", "exercised", "expired_otm")},
    ),
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="okx_funding_history",
        source="okx",
        title="OKX funding history",
        tables=(venue_series.SETTLEMENTS,),
        parse=parse_funding_history,
        cadence="every settlement of about three months, newest first, in pages of 400",
        finality_rule=venue_series.SETTLEMENT_FINALITY,
        url="https://www.okx.com/api/v5/public/funding-rate-history",
        licence=venue.LICENCE,
        shape=_FUNDING_SHAPE,
    ),
    Feed(
        name="okx_open_interest",
        source="okx",
        title="OKX open interest now",
        tables=(venue_series.OPEN_INTEREST,),
        parse=parse_open_interest,
        cadence="snapshot of all swaps or futures",
        finality_rule=venue_series.OBSERVATION_FINALITY,
        url="https://www.okx.com/api/v5/public/open-interest",
        licence=venue.LICENCE,
        shape=_OPEN_INTEREST_SHAPE,
    ),
    Feed(
        name="okx_open_interest_history",
        source="okx",
        title="OKX open interest in periods",
        tables=(venue_series.OPEN_INTEREST,),
        parse=parse_open_interest_history,
        cadence="the latest 1,440 periods; days back to 2024 (ask for 1Dutc: 1D is a day of UTC+8)",
        finality_rule="preliminary while a row is the newest of its body, else final",
        url="https://www.okx.com/api/v5/rubik/stat/contracts/open-interest-history",
        licence=venue.LICENCE,
        params={"inst_id": "the contract that the body is of, for example BTC-USDT-SWAP"},
        shape=Shape("data.*", numbers(*map(str, range(len(_POINT))))),
    ),
    Feed(
        name="okx_delivery_history",
        source="okx",
        title="OKX delivery prices of futures",
        tables=(venue.QUOTES,),
        parse=parse_delivery_history,
        cadence="a row per contract at its delivery (08:00 UTC), three months back",
        finality_rule="final when delivered",
        url="https://www.okx.com/api/v5/public/delivery-exercise-history",
        licence=venue.LICENCE,
        shape=_DELIVERY_SHAPE,
    ),
)
