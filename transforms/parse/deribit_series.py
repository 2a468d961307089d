"""Deribit: realised funding by the hour, and liquidations among the trades.

Belongs here: Deribit's field names, and whose position a flagged trade closed. Does not belong here:
instruments and book summaries, which carry the open interest (`deribit.py`). Field meanings: Deribit
API v2 documentation.
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, one_of, texts
from transforms.core.notional import asset_of
from transforms.core.print_fields import ORDER_SIDE, liquidated_side
from transforms.parse import redelivery, venue, venue_series
from transforms.parse.deribit import FUTURE_SYMBOL, LINEAR_SYMBOL, result
from transforms.parse.venue import Record, Rule

_VENUE = "deribit"
_OPPOSITE = {"sell": "buy", "buy": "sell"}
_FLAGS = ("T", "M", "MT")
_TRADE = ("message", redelivery.DELIVERY, "timestamp", "instrument_name", "liquidation", "side", "amount", "price")


def parse_funding_history(payload: Payload) -> Parsed:
    """`get_funding_rate_history` to settlements of one hour each: `interest_1h`, realised in the hour that ends.

    `interest_8h` is a window that rolls and must never be summed: it is not read. The body does not name
    its contract: the parameter `instrument_name` does. Raises `PayloadError`: error_envelope,
    unexpected_shape, missing_parameter, bad_parameter (not a perpetual).
    """
    name = venue_series.parameter(payload, "instrument_name")
    if not name.endswith("-PERPETUAL"):
        raise PayloadError("bad_parameter", f"{name!r} is no perpetual, and only perpetuals have funding")
    records = venue.objects(result(payload)[1], "result")
    symbol = pl.lit(name)
    shaped = venue.fields(records, ("timestamp", "interest_1h")).with_columns(
        settled_at=venue.instant("timestamp"),
        venue=pl.lit(_VENUE),
        symbol=symbol,
        asset=asset_of(symbol),
        margin_type=pl.when(symbol.str.contains(LINEAR_SYMBOL)).then(pl.lit("linear")).otherwise(pl.lit("inverse")),
        rate_ratio=venue.number("interest_1h"),
        stated_interval_hours=pl.lit(1.0),
    )
    return venue_series.settlements(payload, shaped, records)


def parse_trades(payload: Payload) -> Parsed:
    """`get_last_trades_…` bodies, or recorded `trades` messages, one per line: liquidations to prints.

    `direction` is the taker's. `T` closes the taker's position by its direction, `M` the maker's by the
    opposite one, `MT` both: two prints of the full amount. The same trade twice in a body is one trade.
    `amount` is USD for inverse futures, coins for linear ones. Trades without `liquidation` are no data of
    this feed and are not counted; flagged trades of options and combos, and flags that are not known, are
    rejected. Raises `PayloadError`: error_envelope.
    """
    closed, rejects = venue_series.unpacked(payload, _closed)
    raw = venue.fields(closed, _TRADE).with_columns(redelivery.as_messages())
    linear = pl.col("instrument_name").str.contains(LINEAR_SYMBOL)
    shaped = raw.rename({"price": "printed_price"}).with_columns(
        event_at=venue.instant("timestamp"),
        venue=pl.lit(_VENUE),
        symbol=pl.col("instrument_name"),
        liq_side=liquidated_side(pl.col("side"), ORDER_SIDE),
        size_native=venue.number("amount"),
        size_unit=pl.when(linear).then(pl.lit("coin")).otherwise(pl.lit("usd")),
        price=venue.number("printed_price"),
        price_kind=pl.lit("fill"),
    )
    rules = (
        Rule("not_a_future", ~pl.col("instrument_name").str.contains(FUTURE_SYMBOL), "an option or a combo"),
        Rule("unknown_flag", ~pl.col("liquidation").is_in(_FLAGS), "liquidation is none of T, M, MT"),
    )
    found = venue.prints(payload, shaped, closed, rules)
    return Parsed(found.frames, [*rejects, *found.rejects])


def _closed(message: Record) -> list[Record]:
    """The liquidation prints of a message, each with `side`, that of the order that closed the position."""
    return [
        {**trade, "side": side}
        for trade in redelivery.with_delivery(_trades(message))
        if str(trade.get("liquidation") or "none") != "none"
        for side in _closing_sides(str(trade["liquidation"]), str(trade.get("direction")).lower())
    ]


def _trades(message: Record) -> list[Record]:
    """The trades of a response or of a subscription's message; none of an answer to a request."""
    if isinstance(message.get("error"), dict):
        raise venue.envelope_error("Deribit", message["error"].get("code"), message["error"].get("message"))
    parameters, answer = message.get("params"), message.get("result")
    if isinstance(parameters, dict) and str(parameters.get("channel", "")).startswith("trades."):
        return venue.objects(parameters.get("data"), "params.data")
    if isinstance(answer, dict) and "trades" in answer:
        return venue.objects(answer["trades"], "result.trades")
    if "id" in message and "method" not in message and not isinstance(answer, dict):
        return []
    raise PayloadError("unknown_message", "neither trades nor an answer to a request")


def _closing_sides(flag: str, taker: str) -> list[str]:
    """Order sides by which positions were closed: the taker's (T), the maker's (M), or both."""
    maker = _OPPOSITE.get(taker, taker)
    return {"M": [maker], "MT": [taker, maker]}.get(flag, [taker])


_TRADES_SHAPE = Shape(
    ("params.data", "params.data.*", "result.trades.*"),
    {
        **texts("instrument_name", "direction", "liquidation"),
        **numbers("timestamp", "amount", "price"),
    },
    optional=one_of("liquidation"),
    values={"direction": one_of(*_OPPOSITE), "liquidation": one_of(*_FLAGS, "none")},
    format="ndjson",
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="deribit_funding_history",
        source="deribit",
        title="Deribit funding by the hour",
        tables=(venue_series.SETTLEMENTS,),
        parse=parse_funding_history,
        cadence="every hour since 2019, 744 rows per call",
        finality_rule=venue_series.SETTLEMENT_FINALITY,
        url="https://www.deribit.com/api/v2/public/get_funding_rate_history",
        licence=venue.LICENCE,
        params={"instrument_name": "the perpetual that the body is of, for example BTC-PERPETUAL"},
        shape=Shape(("result", "result.*"), numbers("timestamp", "interest_1h")),
    ),
    Feed(
        name="deribit_trades",
        source="deribit",
        title="Deribit liquidations (trades that bear the flag)",
        tables=(venue.PRINTS,),
        parse=parse_trades,
        cadence="pages of up to 1,000 trades, or a stream; every liquidation is flagged",
        finality_rule=venue.PRINT_FINALITY,
        url="https://www.deribit.com/api/v2/public/get_last_trades_by_currency_and_time?kind=future",
        licence=venue.LICENCE,
        shape=_TRADES_SHAPE,
    ),
)
