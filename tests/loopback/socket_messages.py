"""What the venues' websockets say: answers to requests, and data messages, as documented.

Belongs here: shapes. Does not belong here: connections, rates and faults (`sockets.py`). Written from the venues'
documents, not from the recorder. A message's number is its size in the venue's unit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Spoken = tuple[set[str], list[dict[str, Any]]]


def _binance(message: dict[str, Any], rejected: bool) -> Spoken:
    if message.get("method") != "SUBSCRIBE":
        return set(), [{"error": {"code": 2, "msg": "Invalid request: unknown method"}, "id": message.get("id")}]
    if rejected:
        return set(), [{"error": {"code": 3, "msg": "Invalid JSON: no such stream"}, "id": message["id"]}]
    return set(message["params"]), [{"result": None, "id": message["id"]}]


def _bybit(message: dict[str, Any], rejected: bool) -> Spoken:
    if message["op"] == "ping":
        return set(), [{"success": True, "ret_msg": "pong", "conn_id": "c", "req_id": "", "op": "ping"}]
    about = {"conn_id": "c", "req_id": message.get("req_id", ""), "op": "subscribe"}
    if rejected:
        return set(), [{"success": False, "ret_msg": f"error:handler not found,topic:{message['args'][0]}", **about}]
    return set(message["args"]), [{"success": True, "ret_msg": "", **about}]


def _okx(message: dict[str, Any], rejected: bool) -> Spoken:
    if rejected:
        return set(), [{"event": "error", "code": "60018", "msg": "Wrong URL or channel doesn't exist", "connId": "a"}]
    found = message["args"]
    counted = {"event": "channel-conn-count", "channel": "liquidation-orders", "connCount": "1", "connId": "a"}
    answers = [{"event": "subscribe", "arg": argument, "connId": "a"} for argument in found]
    return {argument["instType"] for argument in found}, [*answers, counted]


def _deribit(message: dict[str, Any], rejected: bool) -> Spoken:
    about = {"jsonrpc": "2.0", "id": message["id"], "usIn": 1, "usOut": 2, "usDiff": 1, "testnet": False}
    if message["method"] == "public/test":
        return set(), [{**about, "result": {"version": "1.2.26"}}]
    if message["method"] == "public/set_heartbeat":
        return set(), [{**about, "result": "ok"}]
    taken = [] if rejected else message["params"]["channels"]
    return set(taken), [{**about, "result": taken}]


def _force_order(number: int, at: float, topic: str) -> dict[str, Any]:
    order = {"s": "BTCUSDT", "S": "SELL", "o": "LIMIT", "f": "IOC", "q": str(number), "p": "62400", "ap": "62655.5",
             "X": "FILLED", "l": "0.014", "z": str(number), "T": int(at * 1000)}  # fmt: skip
    return {"e": "forceOrder", "E": int(at * 1000), "st": 1, "o": order}


def _all_liquidation(number: int, at: float, topic: str) -> dict[str, Any]:
    row = {"T": int(at * 1000), "s": topic.partition(".")[2], "S": "Sell", "v": str(number), "p": "0.04499"}
    return {"topic": topic, "type": "snapshot", "ts": int(at * 1000), "data": [row]}


def _liquidation_order(number: int, at: float, topic: str) -> dict[str, Any]:
    detail = {"bkLoss": "0", "bkPx": "62000", "ccy": "", "posSide": "net", "side": "sell", "sz": str(number),
              "ts": str(int(at * 1000))}  # fmt: skip
    name = "BTC-USDT-SWAP" if topic == "SWAP" else "BTC-USDT-260327"
    order = {"details": [detail], "instFamily": "BTC-USDT", "instId": name, "instType": topic, "uly": "BTC-USDT"}
    return {"arg": {"channel": "liquidation-orders", "instType": topic}, "data": [order]}


def _trade(number: int, at: float, topic: str) -> dict[str, Any]:
    name = "BTC_USDC-PERPETUAL" if "USDC" in topic else f"{topic.split('.')[2]}-PERPETUAL"
    trade = {"trade_seq": number, "trade_id": f"{number}", "timestamp": int(at * 1000), "price": 62000.5,
             "amount": number * 10, "instrument_name": name, "index_price": 62001.0, "direction": "sell",
             "liquidation": "T"}  # fmt: skip
    return {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": topic, "data": [trade]}}


DATA: dict[str, Callable[[int, float, str], dict[str, Any]]] = {
    "binance": _force_order, "bybit": _all_liquidation, "okx": _liquidation_order, "deribit": _trade,
}  # fmt: skip


SPOKEN: dict[str, Callable[[dict[str, Any], bool], Spoken]] = {
    "binance": _binance, "dead": _binance, "bybit": _bybit, "okx": _okx, "deribit": _deribit,
}  # fmt: skip


def number_of(message: Any) -> int:
    """The number of a data message."""
    if "o" in message:
        return int(message["o"]["z"])
    if "topic" in message:
        return int(message["data"][0]["v"])
    if "arg" in message:
        return int(message["data"][0]["details"][0]["sz"])
    return int(message["params"]["data"][0]["amount"]) // 10
