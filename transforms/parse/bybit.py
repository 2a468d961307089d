"""Bybit v5: liquidations, instruments and tickers.

Belongs here: Bybit's field names, sides and units. Does not belong here: trades, histories of funding
and open interest (`bybit_series.py`), or halving the two-sided open interest (`transforms/facts`). Field
meanings: Bybit v5 documentation.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError, Reject
from schemas.shape import Shape, numbers, one_of, texts
from transforms.core.print_fields import POSITION_SIDE, liquidated_side
from transforms.parse import read, venue
from transforms.parse.venue import Record, Rule

_VENUE = "bybit"
_TOPIC = "allLiquidation."
_TICKERS = "tickers."
_OPTION_FIELDS = {"markIv", "markPriceIv"}
_CONTROL = {"op", "success", "ret_msg", "conn_id", "req_id"}
_CRYPTO_TYPES = ("innovation", "adventure")

INVERSE_SYMBOL = r"USD([FGHJKMNQUVXZ]\d{2})?$"


def parse_liquidations(payload: Payload) -> Parsed:
    """`allLiquidation` messages, one per line, to liquidation prints.

    `S` is the side of the closed POSITION: Buy is a long, the opposite of Binance. `p` is the
    bankruptcy price. `v` is coins for linear contracts, USD for inverse ones, which end in USD or in
    USD with a month code. Answers to subscriptions and pings are no data and are not counted; other
    messages are rejected.
    """
    closed, rejects = venue.unpacked(payload, _closed)
    raw = venue.fields(closed, ("message", "T", "s", "S", "v", "p"))
    inverse = pl.col("s").str.contains(INVERSE_SYMBOL)
    shaped = raw.with_columns(
        event_at=venue.instant("T"),
        venue=pl.lit(_VENUE),
        symbol=pl.col("s"),
        liq_side=liquidated_side(pl.col("S"), POSITION_SIDE),
        size_native=venue.number("v"),
        size_unit=pl.when(inverse).then(pl.lit("usd")).otherwise(pl.lit("coin")),
        price=venue.number("p"),
        price_kind=pl.lit("bankruptcy"),
    )
    found = venue.prints(payload, shaped, closed)
    return Parsed(found.frames, [*rejects, *found.rejects])


def _closed(message: Record) -> list[Record]:
    """The closed positions of a message; none of an answer to a subscription or ping."""
    if str(message.get("topic", "")).startswith(_TOPIC):
        return venue.objects(message.get("data"), "data")
    if _CONTROL & message.keys():
        return []
    raise PayloadError("unknown_message", "not an allLiquidation message")


def answered(payload: Payload) -> tuple[dict[str, Any], dict[str, Any]]:
    """The body and its `result`, which has a `list`. Raises `PayloadError("error_envelope")` where retCode is not 0."""
    body = read.json_body(payload)
    if not isinstance(body, dict) or "retCode" not in body:
        raise PayloadError("unexpected_shape", "no `retCode`: not a Bybit v5 body")
    if str(body["retCode"]) != "0":
        raise venue.envelope_error("Bybit", body["retCode"], body.get("retMsg"))
    result = body.get("result")
    if not isinstance(result, dict) or "list" not in result:
        raise PayloadError("unexpected_shape", "no `result.list`")
    return body, result


def listed(payload: Payload) -> tuple[dict[str, Any], list[Record]]:
    """The body and its `result.list` as objects. Raises `PayloadError` as `answered`."""
    body, result = answered(payload)
    return body, venue.objects(result["list"], "result.list")


def parse_instruments(payload: Payload) -> Parsed:
    """`/v5/market/instruments-info` of linear, inverse or option contracts to instruments.

    A perpetual is one by its contractType, whatever its deliveryTime says. One linear contract is one
    coin, one inverse contract one unit of the quote currency. Stocks, commodities, currencies and
    tokenised shares (`symbolType`) are rejected, and so are spot pairs: they bear the same symbols as
    the linear perpetuals and would pass for them.
    """
    _, records = listed(payload)
    raw = venue.fields(
        records,
        ("symbol", "contractType", "optionsType", "baseCoin", "quoteCoin", "settleCoin", "symbolType",
         "launchTime", "deliveryTime"),
    )  # fmt: skip
    inverse = pl.col("contractType").fill_null("").str.starts_with("Inverse")
    shaped = raw.with_columns(
        venue=pl.lit(_VENUE),
        asset=venue.canonical("baseCoin"),
        quote_currency=pl.col("quoteCoin"),
        settle_currency=pl.col("settleCoin"),
        instrument_kind=_kind(),
        margin_type=pl.when(inverse).then(pl.lit("inverse")).otherwise(pl.lit("linear")),
        contract_value=pl.lit(1.0),
        contract_value_currency=pl.when(inverse).then(pl.col("quoteCoin")).otherwise(venue.canonical("baseCoin")),
        listed_at=venue.instant("launchTime"),
        expires_at=venue.expiry("deliveryTime"),
    )
    rules = (
        Rule("not_crypto", ~pl.col("symbolType").is_in(_CRYPTO_TYPES), "symbolType is not a crypto one"),
        Rule("not_a_contract", pl.col("instrument_kind").is_null(), "a spot pair, or an unknown contractType"),
    )
    return venue.contracts(shaped, records, rules)


def _kind() -> pl.Expr:
    """The kind of a contract by what it is called; null for a spot pair, which has no contractType."""
    contract = pl.col("contractType")
    return (
        pl.when(pl.col("optionsType").is_not_null()).then(pl.lit("option"))
        .when(contract.str.contains("Perpetual")).then(pl.lit("perpetual"))
        .when(contract.str.contains("Futures")).then(pl.lit("dated"))
    )  # fmt: skip


def ticker_records(payload: Payload) -> list[Record]:
    """The tickers of a body, each with the body's `time`: of `/v5/market/tickers`, or of one websocket message."""
    body = read.json_body(payload)
    if isinstance(body, dict) and str(body.get("topic", "")).startswith(_TICKERS):
        records, stamp = venue.objects(body.get("data"), "data"), body.get("ts")
    else:
        body, records = listed(payload)
        stamp = body.get("time")
    return [{**record, "time": stamp} for record in records]


def parse_tickers(payload: Payload) -> Parsed:
    """`/v5/market/tickers` of linear or inverse contracts to quotes at the body's `time`.

    Dated contracts and perpetuals alike. `openInterest` is kept as given: it counts both sides, coins for
    linear, USD for inverse; how many sides a venue's quotes count is in `rules.OPEN_INTEREST_SIDES`, so
    `singleOpenInterest` is not read here. Raises `PayloadError("not_futures")` for a body of spot pairs
    or options.
    """
    futures: list[Record] = []
    others: list[Record] = []
    for record in ticker_records(payload):
        is_future = "markPrice" in record and not _OPTION_FIELDS & record.keys()
        (futures if is_future else others).append(record)
    if others and not futures:
        raise PayloadError("not_futures", "tickers of spot pairs or options, not of futures")
    rejects = [Reject(venue.QUOTES, "not_a_future", "no mark price, or an option's", record) for record in others]
    raw = venue.fields(futures, ("symbol", "markPrice", "indexPrice", "openInterest", "time"))
    shaped = raw.with_columns(
        quoted_at=venue.instant("time"),
        venue=pl.lit(_VENUE),
        future_price=venue.number("markPrice"),
        price_kind=pl.lit("mark"),
        index_price=venue.number("indexPrice"),
        index_at=pl.when(venue.number("indexPrice").is_not_null()).then(venue.instant("time")),
        open_interest_native=venue.number("openInterest"),
    )
    rules = (
        venue.missing("future_price", "bad_number", "mark price"),
        Rule("bad_number", venue.unreadable("indexPrice", pl.col("index_price")), "the index is not a number"),
        Rule(
            "bad_number",
            venue.unreadable("openInterest", pl.col("open_interest_native")),
            "bad open interest",
        ),
    )
    found = venue.quotes(payload, shaped, futures, rules)
    return Parsed(found.frames, [*rejects, *found.rejects])


# Of one message of a stream, or of an answer.
TICKERS = ("data", "data.*", "result.list.*")
STAMP_SHAPE = Shape("", numbers("time|ts"))
_LIQUIDATION_SHAPE = Shape(
    ("data", "data.*"),
    {**texts("s", "S"), **numbers("T", "v", "p")},
    values={"S": one_of("Buy", "Sell")},
    format="ndjson",
)
_INSTRUMENT_SHAPE = Shape(
    "result.list.*",
    {
        **texts("symbol", "contractType|optionsType", "symbolType", "baseCoin", "quoteCoin", "settleCoin"),
        **numbers("launchTime", "deliveryTime"),
    },
    optional=one_of("symbolType"),
    values={
        "contractType": one_of("LinearPerpetual", "LinearFutures", "InversePerpetual", "InverseFutures"),
        "optionsType": one_of("Call", "Put"),
        "symbolType": one_of(*_CRYPTO_TYPES, "stock", "commodity", "forex", "xstocks"),
    },
)
_TICKER_SHAPE = Shape(TICKERS, {**texts("symbol"), **numbers("markPrice", "indexPrice", "openInterest")})


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="bybit_liquidations",
        source="bybit",
        title="Bybit liquidations (websocket, recorded as NDJSON)",
        tables=(venue.PRINTS,),
        parse=parse_liquidations,
        cadence="stream in batches of 500 ms; complete since 2025-02-20, subscribed per symbol",
        finality_rule=venue.PRINT_FINALITY,
        url="wss://stream.bybit.com/v5/public/linear",
        licence=venue.LICENCE,
        shape=_LIQUIDATION_SHAPE,
    ),
    Feed(
        name="bybit_instruments",
        source="bybit",
        title="Bybit instruments",
        tables=(venue.CONTRACTS,),
        parse=parse_instruments,
        cadence="daily snapshot per category, in pages",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://api.bybit.com/v5/market/instruments-info",
        licence=venue.LICENCE,
        shape=_INSTRUMENT_SHAPE,
    ),
    Feed(
        name="bybit_tickers",
        source="bybit",
        title="Bybit mark and index prices",
        tables=(venue.QUOTES,),
        parse=parse_tickers,
        cadence="snapshot; the last of a UTC day is the day's sample",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://api.bybit.com/v5/market/tickers",
        licence=venue.LICENCE,
        shape=(_TICKER_SHAPE, STAMP_SHAPE),
    ),
)
