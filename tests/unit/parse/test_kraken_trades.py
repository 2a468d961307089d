"""Kraken Futures: which trades and executions are liquidations, and of whose position."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from venue_payloads import body, lines, millis, rule_of, rules

from transforms.parse import kraken_trades

PRINTS = "core_liquidations__prints"
AT = millis("2026-02-05T18:00:00+00:00")


def trade(**changes):
    return {
        "time": "2026-02-05T18:00:00.974Z",
        "trade_id": 100,
        "price": 61081,
        "size": 25,
        "side": "sell",
        "type": "liquidation",
    } | changes


def history(*trades, symbol="PF_XBTUSD"):
    return kraken_trades.parse_history(body({"result": "success", "history": list(trades)}, symbol=symbol))


def order(**changes):
    return {"uid": "a", "tradeable": "PF_XBTUSD", "direction": "Buy", "quantity": "9", "orderType": "Limit"} | changes


def element(taker, maker=None, key="Execution", **changes):
    execution = {
        "uid": "b",
        "takerOrder": taker,
        "makerOrder": maker or order(),
        "timestamp": AT,
        "quantity": "0.75",
        "price": "62644.0",
        "markPrice": "62650.0",
    } | changes
    return {"uid": "c", "timestamp": AT, "event": {key: {"execution": execution, "takerReducedQuantity": ""}}}


def executions(*elements):
    return kraken_trades.parse_executions(body({"elements": list(elements), "len": len(elements)}))


def test_worked_example_of_a_partial_liquidation(example):
    """`direction` is the order's: sell closes a long, at the price traded and not at the mark."""
    case = example("liq_01")
    rows = zip(case["inputs"]["rows"], case["expected"]["rows"], strict=True)
    given, want = next((given, want) for given, want in rows if given["venue"] == "kraken")
    raw = given["raw"]
    taker = order(tradeable=given["symbol"], direction=raw["direction"], orderType=raw["orderType"])
    told = {name: raw[name] for name in ("quantity", "price", "markPrice")}
    row = executions(element(taker, **told)).frames[PRINTS].row(0, named=True)
    assert (row["liq_side"], row["size_native"], row["price"], row["price_kind"]) == (
        want["liquidated_position"],
        want["base_qty"],
        want["price_used"],
        want["price_kind"],
    )
    assert row["size_native"] * row["price"] == pytest.approx(want["notional_usd"])


@pytest.mark.parametrize("kind", ["Liquidation", "PartialLiquidation", "CoveredLiquidation"])
def test_an_order_is_a_liquidation_by_its_type(kind):
    """The documented list of types has none of them."""
    assert executions(element(order(orderType=kind))).frames[PRINTS]["liq_side"].to_list() == ["short"]


def test_a_forced_order_that_rested_in_the_book_goes_by_its_own_direction():
    """The taker's would turn the side round."""
    maker = order(direction="Sell", orderType="Liquidation")
    assert executions(element(order(), maker)).frames[PRINTS]["liq_side"].to_list() == ["long"]


def test_ordinary_executions_and_trades_are_no_rows_and_no_rejects():
    """They are the market's, not this feed's."""
    assert executions(element(order()), element(order(orderType="Assignment"))).rows_in == 0
    assert history(trade(type="fill"), trade(type="assignment"), trade(type="termination")).rows_in == 0


def test_the_key_of_an_execution_is_written_in_two_ways():
    """Documentation and responses differ by a capital."""
    rows = [element(order(orderType="Liquidation"), key=key) for key in ("Execution", "execution")]
    assert executions(*rows).frames[PRINTS]["occurrence"].to_list() == [1, 2]


def test_a_trade_of_type_liquidation_closes_the_takers_position():
    """Times are ISO in bodies; the contract is the parameter's."""
    frame = history(trade(), trade(side="buy")).frames[PRINTS]
    assert frame.select("event_at", "symbol", "liq_side", "size_native", "size_unit", "price", "price_kind").rows() == [
        (datetime(2026, 2, 5, 18, 0, 0, 974_000, tzinfo=UTC), "PF_XBTUSD", side, 25.0, "coin", 61081.0, "fill")
        for side in ("long", "short")
    ]


def test_inverse_sizes_are_dollars():
    """One contract of PI_XBTUSD is one dollar."""
    assert history(trade(), symbol="PI_XBTUSD").frames[PRINTS]["size_unit"].to_list() == ["usd"]
    assert history(trade(), symbol="FI_XBTUSD_260327").frames[PRINTS]["size_unit"].to_list() == ["usd"]


def test_recorded_messages_name_their_contract():
    """Milliseconds and `qty` there; greetings and heartbeats are no data."""
    message = {"feed": "trade", "product_id": "PI_XBTUSD", "side": "sell", "type": "liquidation", "time": AT,
               "qty": 15000, "price": 62000.5}  # fmt: skip
    snapshot = {"feed": "trade_snapshot", "product_id": "PI_XBTUSD", "trades": [message, message | {"type": "fill"}]}
    parsed = kraken_trades.parse_history(
        lines({"event": "subscribed"}, {"feed": "heartbeat", "time": AT}, snapshot, message, {"feed": "book"})
    )
    assert (
        parsed.frames[PRINTS].select("symbol", "size_native", "size_unit", "occurrence").rows()
        == [("PI_XBTUSD", 15000.0, "usd", 1)] * 2
    )
    assert rules(parsed) == ["unknown_message"]


def test_a_trade_twice_in_a_body_is_one_trade_and_twins_are_two():
    """Ids tell them apart: a page that repeats its last row must not double a liquidation."""
    forced = trade(uid="a")
    frame = history(forced, trade(uid="b"), forced).frames[PRINTS]
    assert frame["occurrence"].to_list() == [1, 2, 1]
    one, other = (element(order(orderType="Liquidation"), uid=uid) for uid in ("a", "b"))
    assert executions(one, other, other).frames[PRINTS]["occurrence"].to_list() == [1, 2, 1]


def test_what_cannot_be_read_is_rejected():
    """A liquidation without its contract, side, size or time is none that can be counted."""
    parsed = history(trade(side="none"), trade(size="many"), trade(time="soon"), trade(price=None))
    assert rules(parsed) == ["unknown_side", "bad_number", "bad_time", "bad_number"]
    unnamed = kraken_trades.parse_history(body({"result": "success", "history": [trade()]}))
    assert rules(unnamed) == ["no_symbol"]
    assert rules(executions({"uid": "c", "event": {}})) == ["unexpected_shape"]


@pytest.mark.parametrize("parse", [kraken_trades.parse_history, kraken_trades.parse_executions])
def test_an_error_inside_a_successful_response_is_an_error(parse):
    """Kraken answers 200 when it throttles."""
    assert rule_of(parse, body({"result": "error", "error": "apiLimitExceeded"})) == "error_envelope"
