"""Kraken Futures at the server: three families of paths with their own pages and errors."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from loopback.contract import Answer, Ask, Budget, World
from loopback.extras.kraken import iso
from orchestration.sources.sample.payload import millis

_API = "/derivatives/api/v3/"
_CHARTS = "/api/charts/v1/"
_MARKET = "/api/history/v3/market/"
_TICKS = ("trade", "mark", "spot")
_CANDLES, _HISTORY, _EXECUTIONS = 2_000, 100, 1_000
_HISTORY_DAYS = 7


class _Error(Exception):
    """An error with status 200, as the older family has it."""


class Kraken:
    """Calls that cost nothing; five a second is what a careful client keeps to."""

    hosts = ("futures.kraken.com",)
    budgets = (Budget("kraken requests", 5, 1, lambda ask: True),)

    def answer(self, ask: Ask, world: World) -> Answer:
        """The body of the path, `result: error` with 200, or a 404."""
        try:
            if ask.path.startswith(_CHARTS):
                return _chart(ask, world)
            if ask.path.startswith(_MARKET):
                return _executions(ask, world)
            method = _METHODS.get(ask.path.removeprefix(_API)) if ask.path.startswith(_API) else None
            return Answer(method(ask, world)) if method else _not_found()
        except _Error as error:
            return Answer({"result": "error", "error": str(error), "serverTime": iso(world.now)})


def _not_found() -> Answer:
    return Answer({"status": "NOT_FOUND", "result": "error", "errors": [{"code": 93, "message": "notFound"}]}, 404)


def _symbols(world: World) -> set[str]:
    """Every contract that is listed now."""
    newest = world.newest("kraken_instruments")
    return {row["symbol"] for row in json.loads(newest.content)["instruments"]} if newest else set()


def _symbol(ask: Ask, world: World) -> str:
    symbol = ask.params.get("symbol", "")
    if not symbol:
        raise _Error("requiredArgumentMissing")
    if symbol not in _symbols(world):
        raise _Error("contractNotFound")
    return symbol


def _instruments(ask: Ask, world: World) -> dict[str, Any]:
    newest = world.newest("kraken_instruments")
    return json.loads(newest.content) if newest else {"result": "success", "instruments": []}


def _tickers(ask: Ask, world: World) -> dict[str, Any]:
    newest = world.newest("kraken_tickers")
    if newest is None:
        raise _Error("Unavailable")
    return json.loads(newest.content)


def _funding(ask: Ask, world: World) -> dict[str, Any]:
    """The whole history, in no order that the documentation promises."""
    symbol = _symbol(ask, world)
    rows = world.rows("kraken_funding_rates", lambda body: body["rates"], lambda row: row["timestamp"], symbol=symbol)
    return {"result": "success", "rates": rows[::-1], "serverTime": iso(world.now)}


def _history(ask: Ask, world: World) -> dict[str, Any]:
    """The latest 100 trades before `lastTime`, newest first, at most seven days back."""
    symbol = _symbol(ask, world)
    text = ask.params.get("lastTime")
    until = datetime.fromisoformat(text.replace("Z", "+00:00")) if text else world.now
    rows = world.rows(
        "kraken_history", lambda body: body["history"], lambda row: (row["time"], row["uid"]), symbol=symbol
    )
    since = iso(world.now - timedelta(days=_HISTORY_DAYS))
    found = [row for row in rows if since <= row["time"] < iso(until)][-_HISTORY:]
    return {"result": "success", "history": found[::-1], "serverTime": iso(world.now)}


def _chart(ask: Ask, world: World) -> Answer:
    """Seconds in, milliseconds out; the oldest candles of the span first, and whether there are more."""
    parts = ask.path.removeprefix(_CHARTS).split("/")
    if len(parts) != 3 or parts[0] not in _TICKS or parts[1] not in _symbols(world):
        return _not_found()
    tick, symbol, resolution = parts
    since, until = int(ask.params.get("from", "0")), int(ask.params.get("to", str(millis(world.now) // 1000)))
    rows = world.rows(
        "kraken_candles",
        lambda body: body["candles"],
        lambda row: row["time"],
        symbol=symbol,
        tick_type=tick,
        resolution=resolution,
    )
    found = [row for row in rows if since * 1000 <= row["time"] <= until * 1000]
    return Answer({"candles": found[:_CANDLES], "more_candles": len(found) > _CANDLES})


def _executions(ask: Ask, world: World) -> Answer:
    """By time; the continuation token tells from where the next page goes on."""
    symbol, _, tail = ask.path.removeprefix(_MARKET).partition("/")
    if tail != "executions" or symbol not in _symbols(world):
        return _not_found()
    since, before = int(ask.params.get("since", "0")), int(ask.params.get("before", str(millis(world.now))))
    count = min(int(ask.params.get("count", str(_EXECUTIONS))), _EXECUTIONS)
    rows = world.rows(
        "kraken_executions", lambda body: body["elements"], lambda row: (row["timestamp"], row["uid"]), symbol=symbol
    )
    found = [row for row in rows if since <= row["timestamp"] < before]
    if ask.params.get("sort") != "asc":
        found.reverse()
    token = ask.params.get("continuationToken")
    skip = int(base64.b64decode(token)) if token else 0
    page = found[skip : skip + count]
    body: dict[str, Any] = {"elements": page, "len": len(page)}
    if skip + count < len(found):
        body["continuationToken"] = base64.b64encode(str(skip + count).encode()).decode()
    return Answer(body)


_METHODS: dict[str, Callable[[Ask, World], dict[str, Any]]] = {
    "instruments": _instruments,
    "tickers": _tickers,
    "historical-funding-rates": _funding,
    "history": _history,
}
VENUE = Kraken()
