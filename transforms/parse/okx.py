"""OKX: liquidation orders, instruments, mark prices and index tickers.

Belongs here: OKX's field names, sides and units. Does not belong here: candles, options' greeks, funding
and open interest (`okx_series.py`), or converting contracts to coins (`transforms/core`). Field
meanings: OKX v5 documentation.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, one_of, texts
from transforms.core.print_fields import ORDER_SIDE, liquidated_side
from transforms.parse import read, venue
from transforms.parse.venue import Record, Rule

_VENUE = "okx"
FUTURES = ("SWAP", "FUTURES")
_CRYPTO_CATEGORY = "1"


def parse_liquidations(payload: Payload) -> Parsed:
    """`liquidation-orders` messages, one per line, to liquidation prints.

    `side` is the side of the closing order: sell closes a long (`posSide` may be `net`, so it is not
    used). `sz` is contracts, `bkPx` the bankruptcy price. A message holds several instruments and each
    several details. Events (`{"event": …}`), ping and pong are no data and are not counted; margin and
    option liquidations and other messages are rejected.
    """
    details, rejects = venue.unpacked(payload, _details)
    raw = venue.fields(details, ("message", "instId", "instType", "side", "sz", "bkPx", "ts"))
    shaped = raw.with_columns(
        event_at=venue.instant("ts"),
        venue=pl.lit(_VENUE),
        symbol=pl.col("instId"),
        liq_side=liquidated_side(pl.col("side"), ORDER_SIDE),
        size_native=venue.number("sz"),
        size_unit=pl.lit("contracts"),
        price=venue.number("bkPx"),
        price_kind=pl.lit("bankruptcy"),
    )
    rules = (Rule("not_a_future", ~pl.col("instType").is_in(FUTURES), "margin or option, not swap or future"),)
    found = venue.prints(payload, shaped, details, rules)
    return Parsed(found.frames, [*rejects, *found.rejects])


def _details(message: Record) -> list[Record]:
    """The details of all orders of a message, in its envelope or one order alone; none of an event."""
    if "event" in message:
        return []
    argument = message.get("arg")
    if isinstance(argument, dict) and argument.get("channel") == "liquidation-orders":
        orders = venue.objects(message.get("data"), "data")
    elif "details" in message:
        orders = [message]
    else:
        raise PayloadError("unknown_message", "not a liquidation-orders message")
    return [
        {**detail, "instId": order.get("instId"), "instType": order.get("instType")}
        for order in orders
        for detail in venue.objects(order.get("details"), "details")
    ]


def data(payload: Payload) -> Any:
    """The `data` of an answer or of a websocket message, unread.

    Raises `PayloadError("error_envelope")` where `code` is not "0".
    """
    body = read.json_body(payload)
    if isinstance(body, dict) and isinstance(body.get("arg"), dict) and "data" in body:
        return body["data"]
    if not isinstance(body, dict) or "code" not in body:
        raise PayloadError("unexpected_shape", "no `code`: not an OKX v5 body")
    if str(body["code"]) != "0":
        raise venue.envelope_error("OKX", body["code"], body.get("msg"))
    return body.get("data")


def data_records(payload: Payload) -> list[Record]:
    """The body's `data` as objects. Raises `PayloadError` as `data`, and unexpected_shape."""
    return venue.objects(data(payload), "data")


def parse_instruments(payload: Payload) -> Parsed:
    """`/api/v5/public/instruments` of any type to instruments.

    An X-Perp is listed among the futures with a far expiry, but pays funding: it is perpetual. The
    contract value is `ctVal` × `ctMult` in `ctValCcy`. `alias` moves between contracts and is ignored.
    """
    records = data_records(payload)
    raw = venue.fields(
        records,
        ("instId", "instType", "instFamily", "uly", "baseCcy", "quoteCcy", "settleCcy", "ctType", "ctVal",
         "ctMult", "ctValCcy", "expTime", "listTime", "ruleType", "instCategory"),
    )  # fmt: skip
    pair = pl.coalesce("uly", "instFamily", "instId").str.split("-")
    shaped = raw.with_columns(base=pl.coalesce("baseCcy", pair.list.get(0, null_on_oob=True))).with_columns(
        venue=pl.lit(_VENUE),
        symbol=pl.col("instId"),
        asset=venue.canonical("base"),
        quote_currency=pl.coalesce("quoteCcy", pair.list.get(1, null_on_oob=True).str.split("_").list.first()),
        settle_currency=pl.col("settleCcy"),
        instrument_kind=_kind(),
        margin_type=pl.col("ctType"),
        contract_value=venue.number("ctVal") * venue.number("ctMult"),
        contract_value_currency=pl.col("ctValCcy").replace({"XBT": "BTC"}),
        listed_at=venue.instant("listTime"),
        expires_at=venue.expiry("expTime"),
    )
    contract = pl.col("instrument_kind") != "spot"
    rules = (
        Rule(
            "not_crypto",
            pl.col("instCategory") != _CRYPTO_CATEGORY,
            "instCategory is not that of crypto assets",
        ),
        Rule("unknown_kind", pl.col("instrument_kind").is_null(), "instType is not known"),
        Rule("bad_number", contract & pl.col("contract_value").is_null(), "no readable ctVal and ctMult"),
    )
    return venue.contracts(shaped, records, rules)


def _kind() -> pl.Expr:
    """The kind of an instrument by its type, or by the sign of an X-Perp; null where it is not known."""
    ruled = pl.concat_str("instId", pl.col("ruleType").fill_null("")).str.to_uppercase()
    return (
        pl.when(pl.col("instType") == "OPTION").then(pl.lit("option"))
        .when((pl.col("instType") == "SWAP") | ruled.str.contains("XPERP")).then(pl.lit("perpetual"))
        .when(pl.col("instType") == "FUTURES").then(pl.lit("dated"))
        .when(pl.col("instType").is_in(["SPOT", "MARGIN"])).then(pl.lit("spot"))
    )  # fmt: skip


def parse_mark_prices(payload: Payload) -> Parsed:
    """`/api/v5/public/mark-price` of swaps and futures to quotes; the index is another feed's.

    Raises `PayloadError("not_futures")` for a body of margin pairs or options.
    """
    records = data_records(payload)
    raw = venue.fields(records, ("instId", "instType", "markPx", "ts"))
    if records and not raw["instType"].is_in(FUTURES).any():
        raise PayloadError("not_futures", "mark prices of margin pairs or options, not of futures")
    nothing = pl.lit(None, pl.Float64())
    shaped = raw.with_columns(
        quoted_at=venue.instant("ts"),
        venue=pl.lit(_VENUE),
        symbol=pl.col("instId"),
        future_price=venue.number("markPx"),
        price_kind=pl.lit("mark"),
        index_price=nothing,
        index_at=nothing,
        open_interest_native=nothing,
    )
    rules = (
        Rule("not_a_future", ~pl.col("instType").is_in(FUTURES), "margin or option, not swap or future"),
        venue.missing("future_price", "bad_number", "mark price"),
    )
    return venue.quotes(payload, shaped, records, rules)


def parse_index_tickers(payload: Payload) -> Parsed:
    """`/api/v5/market/index-tickers` to index prices: `BTC-USDT` is the price of BTC in USDT."""
    records = data_records(payload)
    raw = venue.fields(records, ("instId", "idxPx", "ts"))
    pair = pl.col("instId").str.split("-")
    shaped = raw.with_columns(
        base=pair.list.get(0, null_on_oob=True), quote_currency=pair.list.get(1, null_on_oob=True)
    ).with_columns(
        quoted_at=venue.instant("ts"),
        venue=pl.lit(_VENUE),
        asset=venue.canonical("base"),
        index_price=venue.number("idxPx"),
    )
    rules = (venue.missing("quote_currency", "unknown_pair", "pair"),)
    return venue.indexes(payload, shaped, records, rules)


INSTRUMENT_TYPES = one_of("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION")
_LIQUIDATION_SHAPE = (
    Shape(
        ("data.*.details.*", "details.*"),
        {**texts("side"), **numbers("sz", "bkPx", "ts")},
        values={"side": one_of("buy", "sell")},
        format="ndjson",
    ),
    Shape(
        ("data.*", ""),
        texts("instId", "instType"),
        values={"instType": INSTRUMENT_TYPES},
        format="ndjson",
        having="details",
    ),
)
_INSTRUMENT_SHAPE = Shape(
    "data.*",
    {
        **texts("instId", "instType", "uly|instFamily", "baseCcy", "quoteCcy", "settleCcy", "ctType", "ctValCcy",
                "ruleType", "instCategory"),
        **numbers("ctVal", "ctMult", "expTime", "listTime"),
    },
    optional=one_of("ruleType", "instCategory"),
    values={
        "instType": INSTRUMENT_TYPES,
        "ctType": one_of("linear", "inverse"),
        "ruleType": one_of("normal", "pre_market", "xperp"),
        "instCategory": one_of("1", "3", "4", "5", "6"),
    },
)  # fmt: skip
_MARK_SHAPE = Shape(
    "data.*", {**texts("instId", "instType"), **numbers("markPx", "ts")}, values={"instType": INSTRUMENT_TYPES}
)
_INDEX_SHAPE = Shape("data.*", {**texts("instId"), **numbers("idxPx", "ts")})


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="okx_liquidations",
        source="okx",
        title="OKX liquidation orders (websocket, recorded as NDJSON)",
        tables=(venue.PRINTS,),
        parse=parse_liquidations,
        cadence="stream; about one order per contract and second, by the venue's word not the total",
        finality_rule=venue.PRINT_FINALITY,
        url="wss://ws.okx.com:8443/ws/v5/public",
        licence=venue.LICENCE,
        shape=_LIQUIDATION_SHAPE,
    ),
    Feed(
        name="okx_instruments",
        source="okx",
        title="OKX instruments",
        tables=(venue.CONTRACTS,),
        parse=parse_instruments,
        cadence="daily snapshot per type; expired contracts vanish from it",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://www.okx.com/api/v5/public/instruments",
        licence=venue.LICENCE,
        shape=_INSTRUMENT_SHAPE,
    ),
    Feed(
        name="okx_mark_prices",
        source="okx",
        title="OKX mark prices",
        tables=(venue.QUOTES,),
        parse=parse_mark_prices,
        cadence="snapshot; the last of a UTC day is the day's sample",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://www.okx.com/api/v5/public/mark-price",
        licence=venue.LICENCE,
        shape=_MARK_SHAPE,
    ),
    Feed(
        name="okx_index_tickers",
        source="okx",
        title="OKX index prices",
        tables=(venue.INDEXES,),
        parse=parse_index_tickers,
        cadence="snapshot, taken with the mark prices",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://www.okx.com/api/v5/market/index-tickers",
        licence=venue.LICENCE,
        shape=_INDEX_SHAPE,
    ),
)
