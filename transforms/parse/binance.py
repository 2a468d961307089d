"""Binance futures: forced orders, instruments, mark and delivery prices of both margin families.

Belongs here: Binance's field names, sides and units. Does not belong here: spot and options, funding and
open interest (`binance_series.py`, `binance_vision.py`), or converting contracts to coins
(`transforms/core`). Field meanings: Binance derivatives documentation.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, one_of, texts
from transforms.core.print_fields import ORDER_SIDE, filled_quantity, liquidated_side, preferred_price
from transforms.parse import read, venue, venue_series
from transforms.parse.venue import Record, Rule

_VENUE = "binance"
DELIVERY_HOUR_UTC = 8
_COIN_M, _USD_M = "2", "1"
_COIN_M_SYMBOL = r"USD_(PERP|\d{6})$"
_USD_M_STABLE_SYMBOL = r"(BUSD|FDUSD|TUSD)_\d{6}$"


def parse_force_orders(payload: Payload) -> Parsed:
    """`forceOrder` messages, one per line, to liquidation prints.

    `S` is the side of the closing order: SELL closes a long. Size is `z` (accumulated fill), else `q`,
    never `l`; price is `ap` (average fill), else `p` with price_kind `order`. The merged stream carries
    both margin families: coins in USD-M (`st` 1), contracts in COIN-M (`st` 2); without `st` the
    symbol tells. Acknowledgements are no data and are not counted; other messages are rejected.
    """
    orders, rejects = venue.unpacked(payload, _orders)
    raw = venue.fields(orders, ("message", "st", "s", "S", "X", "q", "z", "p", "ap", "T"))
    price, price_kind = preferred_price({"average_fill": venue.number("ap"), "order": venue.number("p")})
    is_coin_m = pl.coalesce(pl.col("st") == _COIN_M, coin_m(pl.col("s")))
    shaped = raw.with_columns(filled=filled_quantity(pl.col("z"), pl.col("q"))).with_columns(
        event_at=venue.instant("T"),
        venue=pl.lit(_VENUE),
        symbol=pl.col("s"),
        liq_side=liquidated_side(pl.col("S"), ORDER_SIDE),
        size_native=venue.number("filled"),
        size_unit=pl.when(is_coin_m).then(pl.lit("contracts")).otherwise(pl.lit("coin")),
        price=price,
        price_kind=price_kind,
    )
    unfilled = (pl.col("X") != "FILLED") & ~(venue.number("z") > 0).fill_null(False)
    rules = (
        Rule("bad_number", venue.unreadable("ap", venue.number("ap")), "the average price is not a number"),
        Rule("unknown_margin", ~pl.col("st").is_in([_USD_M, _COIN_M]), "st is neither 1 (USD-M) nor 2 (COIN-M)"),
        Rule("not_filled", unfilled | (pl.col("size_native") <= 0), "nothing was filled"),
    )
    found = venue.prints(payload, shaped, orders, rules)
    return Parsed(found.frames, [*rejects, *found.rejects])


def _orders(message: Record) -> list[Record]:
    """The orders of a message: bare, or wrapped by a combined stream, one or several."""
    if "e" not in message and {"result", "id"} & message.keys():
        return []
    data = message["data"] if {"stream", "data"} <= message.keys() else message
    events = venue.objects(data, "forceOrder")
    if not all(event.get("e") == "forceOrder" and isinstance(event.get("o"), dict) for event in events):
        raise PayloadError("unknown_message", "not a forceOrder message")
    return [{"st": event.get("st"), **event["o"]} for event in events]


def coin_m(symbol: pl.Expr) -> pl.Expr:
    """Whether a symbol is of COIN-M: `BTCUSD_PERP`, `BTCUSD_260327`, but not `BTCBUSD_210326`."""
    return symbol.str.contains(_COIN_M_SYMBOL) & ~symbol.str.contains(_USD_M_STABLE_SYMBOL)


def json_body(payload: Payload) -> Any:
    """The JSON body. Raises `PayloadError("error_envelope")` for Binance's `{"code", "msg"}`."""
    body = read.json_body(payload)
    if isinstance(body, dict) and "code" in body and "msg" in body:
        raise venue.envelope_error("Binance", body["code"], body["msg"])
    return body


def parse_usdm_instruments(payload: Payload) -> Parsed:
    """`/fapi/v1/exchangeInfo` to instruments: linear, one contract is one coin."""
    return _instruments(payload, "linear")


def parse_coinm_instruments(payload: Payload) -> Parsed:
    """`/dapi/v1/exchangeInfo` to instruments: inverse, one contract is `contractSize` of the quote."""
    return _instruments(payload, "inverse")


def _instruments(payload: Payload, margin_type: str) -> Parsed:
    body = json_body(payload)
    if not isinstance(body, dict) or "symbols" not in body:
        raise PayloadError("unexpected_shape", "exchangeInfo: no `symbols`")
    records = venue.objects(body["symbols"], "exchangeInfo.symbols")
    if records and all("contractType" not in record for record in records):
        raise PayloadError("unexpected_shape", "exchangeInfo: no `contractType`, so these are spot symbols")
    if margin_type == "inverse" and records and all("contractSize" not in record for record in records):
        raise PayloadError("unexpected_shape", "exchangeInfo: no `contractSize`, so this is not COIN-M")
    if margin_type == "linear" and any("contractSize" in record for record in records):
        raise PayloadError("unexpected_shape", "exchangeInfo: `contractSize` is there, so this is not USD-M")
    raw = venue.fields(
        records,
        ("symbol", "contractType", "deliveryDate", "onboardDate", "baseAsset", "quoteAsset", "marginAsset",
         "underlyingType", "contractSize"),
    )  # fmt: skip
    never = venue.instant("deliveryDate").is_not_null() & venue.expiry("deliveryDate").is_null()
    perpetual = pl.col("contractType").fill_null("").str.contains("PERPETUAL") | never
    linear = margin_type == "linear"
    shaped = raw.with_columns(
        venue=pl.lit(_VENUE),
        asset=venue.canonical("baseAsset"),
        quote_currency=pl.col("quoteAsset"),
        settle_currency=pl.col("marginAsset"),
        instrument_kind=pl.when(perpetual).then(pl.lit("perpetual")).otherwise(pl.lit("dated")),
        margin_type=pl.lit(margin_type),
        contract_value=pl.lit(1.0) if linear else venue.number("contractSize"),
        contract_value_currency=venue.canonical("baseAsset") if linear else pl.col("quoteAsset"),
        listed_at=venue.instant("onboardDate"),
        expires_at=venue.expiry("deliveryDate"),
    )
    rules = (
        Rule("not_crypto", pl.col("underlyingType") != "COIN", "the underlying is not a coin"),
        Rule("bad_number", pl.col("contract_value").is_null(), "no readable contractSize"),
    )
    return venue.contracts(shaped, records, rules)


def parse_usdm_premium_index(payload: Payload) -> Parsed:
    """`/fapi/v1/premiumIndex`, of one symbol or all, to quotes; prices are in the quote currency."""
    return _premium_index(payload, is_coin_m=False)


def parse_coinm_premium_index(payload: Payload) -> Parsed:
    """`/dapi/v1/premiumIndex` to quotes: one call has the whole term structure."""
    return _premium_index(payload, is_coin_m=True)


def _premium_index(payload: Payload, is_coin_m: bool) -> Parsed:
    """Mark and index of one instant, of dated contracts and perpetuals. Carries no open interest."""
    records = venue.objects(json_body(payload), "premiumIndex")
    raw = venue.fields(records, ("symbol", "markPrice", "indexPrice", "time"))
    shaped = raw.with_columns(
        quoted_at=venue.instant("time"),
        venue=pl.lit(_VENUE),
        future_price=venue.number("markPrice"),
        price_kind=pl.lit("mark"),
        index_price=venue.number("indexPrice"),
        index_at=pl.when(venue.number("indexPrice").is_not_null()).then(venue.instant("time")),
        open_interest_native=pl.lit(None, pl.Float64()),
    )
    rules = (
        venue.missing("symbol", "no_symbol", "symbol"),
        Rule("other_market", coin_m(pl.col("symbol")) != is_coin_m, "the symbol is of the other margin family"),
        venue.missing("future_price", "bad_number", "mark price"),
        Rule("bad_number", venue.unreadable("indexPrice", pl.col("index_price")), "the index is not a number"),
    )
    return venue.quotes(payload, shaped, records, rules)


def parse_delivery_prices(payload: Payload) -> Parsed:
    """`/futures/data/delivery-price` of a pair to quotes (price_kind `settle`) of its delivered contracts.

    `deliveryTime` is the midnight of the day; the delivery was at 08:00 UTC, and the day names the contract
    (BTCUSDT_251226). Raises `PayloadError`: error_envelope, unexpected_shape, missing_parameter, and as
    `read.json_body`.
    """
    pair = pl.lit(venue_series.parameter(payload, "pair"))
    records = venue.objects(json_body(payload), "delivery-price")
    raw = venue.fields(records, ("deliveryTime", "deliveryPrice"))
    shaped = raw.with_columns(day=venue.instant("deliveryTime").dt.truncate("1d")).with_columns(
        quoted_at=pl.col("day") + pl.duration(hours=DELIVERY_HOUR_UTC),
        venue=pl.lit(_VENUE),
        symbol=pl.concat_str(pair, pl.lit("_"), pl.col("day").dt.strftime("%y%m%d")),
        future_price=venue.number("deliveryPrice"),
    )
    return venue.deliveries(payload, shaped, records)


_STREAM_SHAPE = (
    Shape(
        ("data.o", "data.*.o", "o"),
        {**texts("s", "S", "X"), **numbers("q", "z", "p", "ap", "T")},
        optional=one_of("z"),
        values={
            "S": one_of("BUY", "SELL"),
            "X": one_of("NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "REJECTED", "EXPIRED", "EXPIRED_IN_MATCH"),
        },
        format="ndjson",
    ),
    Shape(
        ("data", "data.*", ""),
        numbers("st"),
        optional=one_of("st"),
        values={"st": one_of(_USD_M, _COIN_M)},
        format="ndjson",
        having="o",
    ),
)
_INSTRUMENT = {
    **texts("symbol", "contractType", "baseAsset", "quoteAsset", "marginAsset", "underlyingType"),
    **numbers("deliveryDate", "onboardDate"),
}
_KNOWN = {
    "contractType": one_of("PERPETUAL", "CURRENT_MONTH", "NEXT_MONTH", "CURRENT_QUARTER", "NEXT_QUARTER",
                           "PERPETUAL_DELIVERING", "CURRENT_QUARTER DELIVERING", "NEXT_QUARTER DELIVERING",
                           "TRADIFI_PERPETUAL"),
    "underlyingType": one_of("COIN", "INDEX", "PREMARKET", "COMMODITY", "EQUITY"),
}  # fmt: skip
_USD_M_SHAPE = Shape("symbols.*", _INSTRUMENT, values=_KNOWN)
_COIN_M_SHAPE = Shape("symbols.*", {**_INSTRUMENT, **numbers("contractSize")}, values=_KNOWN)
_PREMIUM_SHAPE = Shape(("", "*"), {**texts("symbol"), **numbers("markPrice", "indexPrice", "time")})


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="binance_force_orders",
        source="binance",
        title="Binance futures forced orders (websocket, recorded as NDJSON)",
        tables=(venue.PRINTS,),
        parse=parse_force_orders,
        cadence="stream; at most one message per symbol and second since 2021-04-27",
        finality_rule=venue.PRINT_FINALITY,
        url="wss://fstream.binance.com/market/ws/!forceOrder@arr",
        licence=venue.LICENCE,
        shape=_STREAM_SHAPE,
    ),
    Feed(
        name="binance_usdm_instruments",
        source="binance",
        title="Binance USD-M instruments",
        tables=(venue.CONTRACTS,),
        parse=parse_usdm_instruments,
        cadence="daily snapshot; expired contracts vanish from it",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://fapi.binance.com/fapi/v1/exchangeInfo",
        licence=venue.LICENCE,
        shape=_USD_M_SHAPE,
    ),
    Feed(
        name="binance_coinm_instruments",
        source="binance",
        title="Binance COIN-M instruments",
        tables=(venue.CONTRACTS,),
        parse=parse_coinm_instruments,
        cadence="daily snapshot; expired contracts vanish from it",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://dapi.binance.com/dapi/v1/exchangeInfo",
        licence=venue.LICENCE,
        shape=_COIN_M_SHAPE,
    ),
    Feed(
        name="binance_coinm_premium_index",
        source="binance",
        title="Binance COIN-M mark and index prices",
        tables=(venue.QUOTES,),
        parse=parse_coinm_premium_index,
        cadence="snapshot; the last of a UTC day is the day's sample",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://dapi.binance.com/dapi/v1/premiumIndex",
        licence=venue.LICENCE,
        shape=_PREMIUM_SHAPE,
    ),
    Feed(
        name="binance_usdm_premium_index",
        source="binance",
        title="Binance USD-M mark and index prices",
        tables=(venue.QUOTES,),
        parse=parse_usdm_premium_index,
        cadence="snapshot; the last of a UTC day is the day's sample",
        finality_rule=venue.SNAPSHOT_FINALITY,
        url="https://fapi.binance.com/fapi/v1/premiumIndex",
        licence=venue.LICENCE,
        shape=_PREMIUM_SHAPE,
    ),
    Feed(
        name="binance_delivery_prices",
        source="binance",
        title="Binance delivery prices of quarterly futures",
        tables=(venue.QUOTES,),
        parse=parse_delivery_prices,
        cadence="one price per contract, some days after its delivery; contracts before 2022 are missing",
        finality_rule="final: a delivery price is never revised",
        url="https://fapi.binance.com/futures/data/delivery-price",
        licence=venue.LICENCE,
        params={"pair": "the pair that was asked for, for example BTCUSDT (USD-M) or BTCUSD (COIN-M)"},
        shape=Shape(("", "*"), numbers("deliveryTime", "deliveryPrice")),
    ),
)
