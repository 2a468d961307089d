"""Hyperliquid at the server: one address, the question in the body, weights by the minute."""

from __future__ import annotations

import json
from typing import Any

from loopback.contract import Answer, Ask, Budget, World

_CALL_WEIGHT = 20
_HOUR_MS = 3_600_000
_FUNDING, _CANDLES = 500, 5_000
_UNIVERSE = ("BTC", "ETH", "SOL")
_INTERVALS = {"1m": 60_000, "15m": 900_000, "1h": _HOUR_MS, "4h": 4 * _HOUR_MS, "1d": 24 * _HOUR_MS}


def _weight(ask: Ask) -> float:
    """20 a call, and by rows for histories: 20 settlements or 60 candles weigh one."""
    body = ask.json if isinstance(ask.json, dict) else {}
    if body.get("type") == "fundingHistory":
        return _CALL_WEIGHT + min(_FUNDING, (body.get("endTime", 0) - body.get("startTime", 0)) / _HOUR_MS) / 20
    request = body.get("req")
    if body.get("type") == "candleSnapshot" and isinstance(request, dict):
        length = _INTERVALS.get(request.get("interval", ""), _HOUR_MS)
        return _CALL_WEIGHT + min(_CANDLES, (request.get("endTime", 0) - request.get("startTime", 0)) / length) / 60
    return _CALL_WEIGHT


class Hyperliquid:
    """1,200 weight a minute."""

    hosts = ("api.hyperliquid.xyz",)
    budgets = (Budget("hyperliquid weight", 1_200, 60, lambda ask: True, _weight),)

    def answer(self, ask: Ask, world: World) -> Answer:
        """Bare JSON, or a sentence with status 422."""
        if ask.path != "/info" or ask.method != "POST":
            return Answer("404 page not found", 404, "text/plain")
        body = ask.json if isinstance(ask.json, dict) else {}
        try:
            answer = {"metaAndAssetCtxs": _contexts, "fundingHistory": _funding, "candleSnapshot": _candles}[
                body["type"]
            ]
            return Answer(answer(body, world))
        except (KeyError, TypeError):
            return Answer("Failed to deserialize the JSON body into the target type", 422, "text/plain")


def _contexts(body: dict[str, Any], world: World) -> Any:
    newest = world.newest("hyperliquid_asset_contexts")
    return json.loads(newest.content) if newest else [{"universe": []}, []]


def _funding(body: dict[str, Any], world: World) -> Any:
    """Ascending, the first 500 of the span."""
    coin, start, end = body["coin"], int(body["startTime"]), int(body["endTime"])
    if coin not in _UNIVERSE:
        return None
    rows = world.rows("hyperliquid_funding_history", list, lambda row: (row["coin"], row["time"]))
    return [row for row in rows if row["coin"] == coin and start <= row["time"] <= end][:_FUNDING]


def _candles(body: dict[str, Any], world: World) -> Any:
    """Ascending; only the latest 5,000 candles exist."""
    request = body["req"]
    coin, interval = request["coin"], request["interval"]
    start, end = int(request["startTime"]), int(request["endTime"])
    if coin not in _UNIVERSE or interval not in _INTERVALS:
        return None
    rows = world.rows("hyperliquid_candles", list, lambda row: (row["s"], row["t"]))
    kept = [row for row in rows if row["s"] == coin and row["i"] == interval][-_CANDLES:]
    return [row for row in kept if start <= row["t"] <= end]


VENUE = Hyperliquid()
