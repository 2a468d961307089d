"""Deribit at the server: JSON-RPC over GET, errors as objects, pages as its documentation has them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from loopback.contract import Answer, Ask, Budget, World
from orchestration.sources.sample.payload import millis

_ROOT = "/api/v2/public/"
_HISTORY = "history.deribit.com"
_DAY_MS = 86_400_000
_FUNDING_ROWS, _DVOL_ROWS, _CHART_ROWS, _TRADES, _OLD_TRADES, _PRICES = 744, 1_000, 5_000, 1_000, 10_000, 1_000
_CURRENCIES = ("BTC", "ETH", "USDC", "USDT", "EURR")
_COLUMNS = ("ticks", "open", "high", "low", "close", "volume", "cost")


class _Error(Exception):
    def __init__(self, code: int, message: str, param: str = "") -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message, "data": {"reason": "wrong format", "param": param}}


def _method(ask: Ask) -> str:
    return ask.path.removeprefix(_ROOT)


def _wrong(param: str) -> _Error:
    return _Error(-32602, "Invalid params", param)


class Deribit:
    """20 requests a second from a pool of 100; lists of instruments once a second, 50 at once."""

    hosts = ("www.deribit.com", _HISTORY)
    budgets = (
        Budget("deribit requests at once", 120, 1, lambda ask: True),
        Budget("deribit requests", 300, 10, lambda ask: True),
        Budget("deribit instruments", 60, 10, lambda ask: _method(ask) == "get_instruments"),
    )

    def answer(self, ask: Ask, world: World) -> Answer:
        """The method's result in the envelope, or its error with status 400."""
        now = millis(world.now) * 1000
        envelope = {"jsonrpc": "2.0", "usIn": now, "usOut": now + 500, "usDiff": 500, "testnet": True}
        method = _METHODS.get(_method(ask)) if ask.path.startswith(_ROOT) else None
        try:
            if method is None:
                raise _Error(-32601, "Method not found")
            return Answer({**envelope, **method(ask, world)})
        except _Error as error:
            return Answer({**envelope, "error": error.error}, 400)


def _of(ask: Ask, name: str, allowed: Callable[[str], bool] = bool) -> str:
    value = ask.params.get(name, "")
    if not allowed(value):
        raise _wrong(name)
    return value


def _span(ask: Ask) -> tuple[int, int]:
    start, end = (_of(ask, name, str.isdigit) for name in ("start_timestamp", "end_timestamp"))
    return int(start), int(end)


def _currency(ask: Ask, *more: str) -> str:
    return _of(ask, "currency", lambda value: value in (*_CURRENCIES, *more))


def _result(body: Any) -> list[Any]:
    return body["result"]


def _known(world: World) -> dict[str, dict[str, Any]]:
    """Every future that was ever listed by now, by its name."""
    rows = world.rows("deribit_instruments", _result, lambda row: row["instrument_name"])
    return {row["instrument_name"]: row for row in rows}


def _instrument(ask: Ask, world: World) -> str:
    name = _of(ask, "instrument_name")
    if name not in _known(world):
        raise _Error(13020, "not_found", "instrument_name")
    return name


def _instruments(ask: Ask, world: World) -> dict[str, Any]:
    currency, expired, now = _currency(ask, "any"), ask.params.get("expired") == "true", millis(world.now)
    rows = [
        row
        for row in _known(world).values()
        if (row["expiration_timestamp"] <= now) == expired
        and currency in ("any", row["settlement_currency"])
        and ask.params.get("kind", row["kind"]) == row["kind"]
        and (not expired or row["expiration_timestamp"] > now - 7 * _DAY_MS)
    ]
    return {"result": rows}


def _summaries(ask: Ask, world: World) -> dict[str, Any]:
    feed = {"future": "deribit_book_summary", "option": "deribit_option_summary"}[
        _of(ask, "kind", lambda kind: kind in ("future", "option"))
    ]
    newest = world.newest(feed, currency=_currency(ask))
    return {"result": json.loads(newest.content)["result"] if newest else []}


def _index(ask: Ask, world: World) -> dict[str, Any]:
    newest = world.newest("deribit_index", index_name=_of(ask, "index_name"))
    if newest is None:
        raise _wrong("index_name")
    return json.loads(newest.content)


def _funding(ask: Ask, world: World) -> dict[str, Any]:
    name, (start, end) = _instrument(ask, world), _span(ask)
    rows = world.rows("deribit_funding_history", _result, lambda row: row["timestamp"], instrument_name=name)
    return {"result": [row for row in rows if start <= row["timestamp"] <= end][-_FUNDING_ROWS:]}


def _volatility(ask: Ask, world: World) -> dict[str, Any]:
    """The newest bars of the span; `continuation` is where the next page ends."""
    asset, (start, end) = _currency(ask), _span(ask)
    rows = world.rows("deribit_volatility_index", lambda body: body["result"]["data"], lambda bar: bar[0], asset=asset)
    found = [bar for bar in rows if start <= bar[0] <= end]
    page = found[-_DVOL_ROWS:]
    return {"result": {"data": page, "continuation": page[0][0] - 1 if len(found) > len(page) else None}}


def _deliveries(ask: Ask, world: World) -> dict[str, Any]:
    name, offset = _of(ask, "index_name"), int(ask.params.get("offset", "0"))
    count = int(_of(ask, "count", lambda text: text.isdigit() and int(text) <= _PRICES))
    rows = world.rows(
        "deribit_delivery_prices", lambda body: body["result"]["data"], lambda row: row["date"], index_name=name
    )
    if not rows:
        raise _wrong("index_name")
    return {"result": {"data": rows[::-1][offset : offset + count], "records_total": len(rows)}}


def _chart(ask: Ask, world: World) -> dict[str, Any]:
    name, (start, end) = _instrument(ask, world), _span(ask)
    resolution = _of(ask, "resolution")
    bars = world.rows(
        "deribit_candles",
        lambda body: list(zip(*(body["result"][column] for column in _COLUMNS), strict=True)),
        lambda bar: bar[0],
        instrument_name=name,
        resolution=resolution,
    )
    found = [bar for bar in bars if start <= bar[0] <= end][-_CHART_ROWS:]
    arrays = {column: [bar[at] for bar in found] for at, column in enumerate(_COLUMNS)}
    return {"result": {**arrays, "status": "ok" if found else "no_data"}}


def _trades(ask: Ask, world: World) -> dict[str, Any]:
    """The main host forgets trades after a day; by rising or falling id, at most so many."""
    most = _OLD_TRADES if ask.host == _HISTORY else _TRADES
    count = int(_of(ask, "count", lambda text: text.isdigit() and int(text) <= most))
    start, end = _span(ask)
    if ask.host != _HISTORY:
        start = max(start, millis(world.now) - _DAY_MS)
    rows = world.rows(
        "deribit_trades",
        lambda body: body["result"]["trades"],
        lambda row: (row["timestamp"], row["trade_id"]),
        currency=_currency(ask),
    )
    found = [row for row in rows if start <= row["timestamp"] <= end]
    if ask.params.get("sorting") != "asc":
        found.reverse()
    return {"result": {"trades": found[:count], "has_more": len(found) > count}}


_METHODS: dict[str, Callable[[Ask, World], dict[str, Any]]] = {
    "get_instruments": _instruments,
    "get_book_summary_by_currency": _summaries,
    "get_index_price": _index,
    "get_funding_rate_history": _funding,
    "get_volatility_index_data": _volatility,
    "get_delivery_prices": _deliveries,
    "get_tradingview_chart_data": _chart,
    "get_last_trades_by_currency_and_time": _trades,
}
VENUE = Deribit()
