"""Kraken Futures: liquidations among the trades and among the executions.

Belongs here: which trades are liquidations and whose position they closed. Does not belong here: tickers
and funding (`kraken.py`). Field meanings: Kraken Futures API documentation; the order types of
liquidations (`Liquidation`, `PartialLiquidation`, `CoveredLiquidation`) are not in its list.
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError, Reject
from schemas.shape import Shape, numbers, one_of, texts
from transforms.core.print_fields import ORDER_SIDE, liquidated_side
from transforms.parse import redelivery, venue, venue_series
from transforms.parse.kraken import INVERSE_SYMBOL, VENUE, iso, refuse_error
from transforms.parse.venue import Record, Rule

_LIQUIDATION = "liquidation"
_FIELDS = ("message", redelivery.DELIVERY, "symbol", "side", "size", "price", "time")


def parse_history(payload: Payload) -> Parsed:
    """`/derivatives/api/v3/history` bodies, or recorded `trade` messages, one per line: liquidations to prints.

    Liquidations are the rows of `type` liquidation; other trades are no data of this feed and are not
    counted. `side` is the taker's, who is the one liquidated: sell closes a long. A REST body does not
    name its contract: the parameter `symbol` does. Raises `PayloadError`: error_envelope.
    """

    def closed(message: Record) -> list[Record]:
        return [
            {
                "symbol": trade.get("product_id") or payload.params.get("symbol"),
                "side": trade.get("side"),
                "size": trade.get("qty", trade.get("size")),
                "price": trade.get("price"),
                "time": trade.get("time"),
                redelivery.DELIVERY: trade[redelivery.DELIVERY],
            }
            for trade in redelivery.with_delivery(_trades(message))
            if str(trade.get("type")).lower() == _LIQUIDATION
        ]

    return _prints(payload, *venue_series.unpacked(payload, closed))


def _trades(message: Record) -> list[Record]:
    """The trades of a body or of a message; none of an answer to a subscription."""
    refuse_error(message)
    if "history" in message:
        return venue.objects(message["history"], "history")
    if message.get("feed") == "trade_snapshot":
        return venue.objects(message.get("trades"), "trades")
    if message.get("feed") == "trade":
        return [message]
    if "event" in message or message.get("feed") == "heartbeat":
        return []
    raise PayloadError("unknown_message", "neither a history nor a trade message")


def parse_executions(payload: Payload) -> Parsed:
    """`/api/history/v3/market/{symbol}/executions` bodies, one per line: liquidations to prints.

    An order is a liquidation by its `orderType`, whatever its kind; its own `direction` tells the side,
    so a forced order that rested in the book is read as well. Other executions are no data of this feed
    and are not counted. Raises `PayloadError`: error_envelope.
    """
    return _prints(payload, *venue_series.unpacked(payload, _executed))


def _executed(message: Record) -> list[Record]:
    """The liquidation orders of a body's executions, each as one print."""
    refuse_error(message)
    if "elements" not in message:
        raise PayloadError("unexpected_shape", "no `elements` in the body")
    return [
        {
            "symbol": order.get("tradeable"),
            "side": order.get("direction"),
            "size": execution.get("quantity"),
            "price": execution.get("price"),
            "time": execution.get("timestamp"),
            redelivery.DELIVERY: element[redelivery.DELIVERY],
        }
        for element in redelivery.with_delivery(venue.objects(message["elements"], "elements"))
        for execution in [_execution(element)]
        for order in (execution.get("takerOrder"), execution.get("makerOrder"))
        if isinstance(order, dict) and _LIQUIDATION in str(order.get("orderType")).lower()
    ]


def _execution(element: Record) -> Record:
    """The execution in an element; the key is written with a capital or a small e."""
    event = element.get("event")
    holder = event.get("Execution", event.get("execution")) if isinstance(event, dict) else None
    execution = holder.get("execution") if isinstance(holder, dict) else None
    if not isinstance(execution, dict):
        raise PayloadError("unexpected_shape", "an element without event.Execution.execution")
    return execution


def _prints(payload: Payload, closed: list[Record], rejects: list[Reject]) -> Parsed:
    raw = venue.fields(closed, _FIELDS).with_columns(redelivery.as_messages())
    inverse = pl.col("symbol").str.contains(INVERSE_SYMBOL)
    shaped = raw.rename({"price": "printed_price"}).with_columns(
        event_at=pl.coalesce(venue.instant("time"), iso("time")),
        venue=pl.lit(VENUE),
        liq_side=liquidated_side(pl.col("side"), ORDER_SIDE),
        size_native=venue.number("size"),
        size_unit=pl.when(inverse).then(pl.lit("usd")).otherwise(pl.lit("coin")),
        price=venue.number("printed_price"),
        price_kind=pl.lit("fill"),
    )
    rules: tuple[Rule, ...] = (venue.missing("symbol", "no_symbol", "symbol: the parameter names it"),)
    found = venue.prints(payload, shaped, closed, rules)
    return Parsed(found.frames, [*rejects, *found.rejects])


_TRADE = {**texts("type", "side", "product_id", "time"), **numbers("qty|size", "price")}
_KNOWN = {"side": one_of("buy", "sell"), "type": one_of("fill", _LIQUIDATION, "assignment", "termination", "block")}
_HISTORY_SHAPE = (
    Shape(("history.*", "trades.*"), _TRADE, optional=one_of("product_id"), values=_KNOWN, format="ndjson"),
    Shape("", _TRADE, values=_KNOWN, format="ndjson", having="seq"),
)
_EXECUTIONS = ("elements.*.event.Execution.execution", "elements.*.event.execution.execution")
_EXECUTIONS_SHAPE = (
    Shape(
        _EXECUTIONS,
        {**numbers("quantity", "price"), **texts("timestamp"), "takerOrder|makerOrder": "object"},
        format="ndjson",
    ),
    *(
        Shape(
            tuple(f"{way}.{order}" for way in _EXECUTIONS),
            texts("tradeable", "direction", "orderType"),
            values={"direction": one_of("Buy", "Sell")},
            format="ndjson",
        )
        for order in ("takerOrder", "makerOrder")
    ),
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="kraken_history",
        source="kraken",
        title="Kraken Futures liquidations (trades of that type)",
        tables=(venue.PRINTS,),
        parse=parse_history,
        cadence="the latest 100 trades of a contract, at most seven days back; or a stream",
        finality_rule=venue.PRINT_FINALITY,
        url="https://futures.kraken.com/derivatives/api/v3/history",
        licence=venue.LICENCE,
        params={"symbol": "the contract that a body is of, for example PF_XBTUSD; messages name it themselves"},
        shape=_HISTORY_SHAPE,
    ),
    Feed(
        name="kraken_executions",
        source="kraken",
        title="Kraken Futures liquidations (executions of such orders)",
        tables=(venue.PRINTS,),
        parse=parse_executions,
        cadence="pages of 1,000 executions; order types of liquidations seen since 2022, by others' word",
        finality_rule=venue.PRINT_FINALITY,
        url="https://futures.kraken.com/api/history/v3/market/{symbol}/executions",
        licence=venue.LICENCE,
        shape=_EXECUTIONS_SHAPE,
    ),
)
