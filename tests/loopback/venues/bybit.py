"""Bybit v5 as its documentation describes its market data (FEEDS_VENUES §1 and §5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from loopback.contract import Answer, Ask, Budget, World
from orchestration.sources.sample.payload import millis

_HOST = "api.bybit.com"
_PATH = "/v5/market/"
_CATEGORIES = ("linear", "inverse", "option", "spot")
_KLINES = {
    "kline": "trade",
    "mark-price-kline": "mark",
    "index-price-kline": "index",
    "premium-index-price-kline": "premium",
}
_INTERVALS = {"60": "1h", "D": "1d"}
_OPEN_INTEREST = ("5min", "15min", "30min", "1h", "4h", "1d")


class BadParameter(Exception):
    """What the venue answers with 10001."""


class Bybit:
    """Errors come with status 200; lists are newest first; a page's size is cut to its maximum."""

    hosts: tuple[str, ...] = (_HOST,)
    budgets: tuple[Budget, ...] = (Budget("bybit.public", 600, 5, lambda ask: ask.host == _HOST),)

    def answer(self, ask: Ask, world: World) -> Answer:
        name = ask.path.removeprefix(_PATH)
        serve = _SERVED.get("kline" if name in _KLINES else name)
        if serve is None or not ask.path.startswith(_PATH):
            return Answer("404 page not found", 404, "text/plain")
        try:
            if ask.params.get("category") not in _CATEGORIES:
                raise BadParameter("params error: Category is invalid")
            return _good(serve(ask, world), world)
        except BadParameter as error:
            return Answer({"retCode": 10001, "retMsg": str(error), "result": {}, "retExtInfo": {}, "time": _now(world)})


def _now(world: World) -> int:
    return millis(world.now)


def _good(result: dict[str, Any] | Answer, world: World) -> Answer:
    if isinstance(result, Answer):
        return result
    body = {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": _now(world)}
    return Answer(body, headers={"X-Bapi-Limit": "600", "X-Bapi-Limit-Status": "599"})


def _listed(world: World, category: str) -> list[dict[str, Any]]:
    """Instruments of the newest list, and those that stood in an older one, now closed."""
    found: dict[str, dict[str, Any]] = {}
    for item in world.payloads("bybit_instruments", category=category):
        rows = _list(json.loads(item.content))
        found = {name: {**row, "status": "Closed"} for name, row in found.items()}
        found |= {row["symbol"]: row for row in rows}
    return list(found.values())


def _list(body: Any) -> list[Any]:
    return list(body["result"]["list"])


def _page(rows: list[Any], params: Mapping[str, str], default: int, most: int) -> tuple[list[Any], str]:
    """A page by its cursor, and the next cursor; "" on the last page."""
    size = min(int(params.get("limit", default)), most)
    cursor = params.get("cursor", "")
    if cursor and not cursor.startswith("from-"):
        raise BadParameter("params error: cursor is invalid")
    first = int(cursor.removeprefix("from-") or 0)
    return rows[first : first + size], f"from-{first + size}" if first + size < len(rows) else ""


def _instruments(ask: Ask, world: World) -> dict[str, Any]:
    category = ask.params["category"]
    coin = ask.params.get("baseCoin", "BTC" if category == "option" else "")
    status = ask.params.get("status", "Trading")
    rows = [
        row
        for row in _listed(world, category)
        if row["status"] == status and (not coin or row["baseCoin"] == coin)
    ]  # fmt: skip
    page, cursor = _page(rows, ask.params, 500, 1000)
    return {"category": category, "list": page, "nextPageCursor": cursor}


def _tickers(ask: Ask, world: World) -> dict[str, Any] | Answer:
    """The instant of a snapshot is the body's time, so a recorded body is served as it is."""
    category = ask.params["category"]
    if category == "option":
        if "baseCoin" not in ask.params:
            raise BadParameter("params error: baseCoin or symbol is required")
        newest = world.newest("bybit_option_tickers", baseCoin=ask.params["baseCoin"])
    else:
        newest = world.newest("bybit_tickers", category=category)
    return Answer(newest.content) if newest else {"category": category, "list": []}


def _symbol(ask: Ask, world: World) -> str:
    symbol = ask.params.get("symbol", "")
    if symbol not in {row["symbol"] for row in _listed(world, ask.params["category"])}:
        raise BadParameter("params error: symbol invalid")
    return symbol


def _between(rows: list[Any], stamp: Callable[[Any], int], first: str | None, last: str | None) -> list[Any]:
    """Rows from the first to the last millisecond, both included, newest first."""
    low, high = int(first or 0), int(last or 9e15)
    return sorted((row for row in rows if low <= stamp(row) <= high), key=stamp, reverse=True)


def _funding(ask: Ask, world: World) -> dict[str, Any]:
    symbol, category = _symbol(ask, world), ask.params["category"]
    if "startTime" in ask.params and "endTime" not in ask.params:
        raise BadParameter("params error: endTime is required with startTime")

    def stamp(row: Any) -> int:
        return int(row["fundingRateTimestamp"])

    known = world.rows("bybit_funding_history", _list, lambda row: (row["symbol"], stamp(row)), category=category)
    rows = [row for row in known if row["symbol"] == symbol]
    rows = _between(rows, stamp, ask.params.get("startTime"), ask.params.get("endTime"))
    return {"category": category, "list": rows[: min(int(ask.params.get("limit", 200)), 200)]}


def _open_interest(ask: Ask, world: World) -> dict[str, Any]:
    """A start without an end is not heeded."""
    symbol, category = _symbol(ask, world), ask.params["category"]
    if ask.params.get("intervalTime") not in _OPEN_INTEREST:
        raise BadParameter("params error: intervalTime is invalid")

    def stamp(row: Any) -> int:
        return int(row["timestamp"])

    told = {"category": category, "symbol": symbol}
    rows = world.rows("bybit_open_interest", _list, stamp, **told) if ask.params["intervalTime"] == "1h" else []
    first = ask.params.get("startTime") if "endTime" in ask.params else None
    page, cursor = _page(_between(rows, stamp, first, ask.params.get("endTime")), ask.params, 50, 200)
    return {**told, "list": page, "nextPageCursor": cursor}


def _klines(ask: Ask, world: World) -> dict[str, Any]:
    symbol, category = _symbol(ask, world), ask.params["category"]
    kind = _KLINES[ask.path.removeprefix(_PATH)]
    if kind == "premium" and category != "linear":
        raise BadParameter("params error: Category is invalid")
    if not ask.params.get("interval"):
        raise BadParameter("params error: interval is invalid")
    told = {"category": category, "symbol": symbol}
    interval = _INTERVALS.get(ask.params["interval"], "")
    rows = world.rows("bybit_klines", _list, lambda row: int(row[0]), candle_kind=kind, interval=interval, **told)
    rows = _between(rows, lambda row: int(row[0]), ask.params.get("start"), ask.params.get("end"))
    return {**told, "list": rows[: min(int(ask.params.get("limit", 200)), 1000)]}


def _deliveries(ask: Ask, world: World) -> dict[str, Any]:
    """The settlement coin is USDC unless another is named."""
    category, coin = ask.params["category"], ask.params.get("settleCoin", "USDC")
    base = ask.params.get("baseCoin", "")

    def stamp(row: Any) -> int:
        return int(row["deliveryTime"])

    known = world.rows("bybit_delivery_prices", _list, lambda row: (stamp(row), row["symbol"]), category=category)
    rows = [row for row in known if _settled_in(row["symbol"]) == coin and row["symbol"].startswith(base)]
    page, cursor = _page(_between(rows, stamp, None, None), ask.params, 50, 200)
    return {"category": category, "list": page, "nextPageCursor": cursor}


def _settled_in(symbol: str) -> str:
    """BTCUSDT-27MAR26 in USDT, BTC-27MAR26 in USDC, BTCUSDH26 in the coin."""
    return "USDT" if "USDT-" in symbol else "USDC" if "-" in symbol else symbol.partition("USD")[0]


_SERVED: dict[str, Callable[[Ask, World], dict[str, Any] | Answer]] = {
    "instruments-info": _instruments,
    "tickers": _tickers,
    "funding/history": _funding,
    "open-interest": _open_interest,
    "kline": _klines,
    "delivery-price": _deliveries,
}


VENUE = Bybit()
