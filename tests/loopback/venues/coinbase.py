"""Coinbase at the server: the Exchange and the public part of the Advanced API."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from loopback.contract import Answer, Ask, Budget, World
from orchestration.sources.sample.payload import millis

_EXCHANGE, _ADVANCED = "api.exchange.coinbase.com", "api.coinbase.com"
_PRODUCTS = "/api/v3/brokerage/market/products"
_GRANULARITIES = (60, 300, 900, 3600, 21_600, 86_400)
_NAMED = {"ONE_HOUR": 3600, "ONE_DAY": 86_400}
_EXCHANGE_ROWS, _ADVANCED_ROWS = 300, 350


class Coinbase:
    """Ten requests a second at each host, the Exchange with a burst of 15."""

    hosts = (_EXCHANGE, _ADVANCED)
    budgets = (
        Budget("coinbase exchange", 10, 1, lambda ask: ask.host == _EXCHANGE),
        Budget("coinbase advanced", 10, 1, lambda ask: ask.host == _ADVANCED),
    )

    def answer(self, ask: Ask, world: World) -> Answer:
        """Candles or products; errors have a message, and the status tells their kind."""
        if ask.host == _EXCHANGE:
            parts = ask.path.split("/")
            if len(parts) == 4 and parts[1] == "products" and parts[3] == "candles":
                return _exchange_candles(parts[2], ask, world)
            return Answer({"message": "NotFound"}, 404)
        if ask.path == _PRODUCTS:
            return Answer(_products(ask, world))
        name, _, tail = ask.path.removeprefix(f"{_PRODUCTS}/").partition("/")
        if ask.path.startswith(_PRODUCTS) and tail == "candles":
            return _advanced_candles(name, ask, world)
        return Answer({"error": "NOT_FOUND", "error_details": "", "message": "not found"}, 404)


def _products(ask: Ask, world: World) -> dict[str, Any]:
    newest = world.newest("coinbase_futures_products")
    return json.loads(newest.content) if newest else {"products": [], "num_products": 0, "pagination": None}


def _exchange_candles(product: str, ask: Ask, world: World) -> Answer:
    """Newest first. `start` and `end` count only together; more than 300 intervals are refused."""
    granularity = int(ask.params.get("granularity", "0"))
    if granularity not in _GRANULARITIES:
        return Answer({"message": "Unsupported granularity"}, 400)
    rows = world.rows("coinbase_candles", list, lambda row: row[0], product_id=product, granularity=str(granularity))
    if not world.payloads("coinbase_candles", product_id=product):
        return Answer({"message": "NotFound"}, 404)
    start, end = ask.params.get("start"), ask.params.get("end")
    if not (start and end):
        return Answer(rows[-_EXCHANGE_ROWS:][::-1])
    first, last = (int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()) for text in (start, end))
    if (last - first) / granularity > _EXCHANGE_ROWS:
        return Answer({"message": "granularity too small for the requested time range"}, 400)
    return Answer([row for row in rows if first <= row[0] <= last][::-1])


def _advanced_candles(product: str, ask: Ask, world: World) -> Answer:
    newest = world.newest("coinbase_futures_products")
    listed = {row["product_id"] for row in json.loads(newest.content)["products"]} if newest else set()
    if product not in listed:
        return Answer({"error": "NOT_FOUND", "message": "valid product_id is required"}, 404)
    granularity = ask.params.get("granularity", "")
    first = int(ask.params.get("start", "0"))
    last = int(ask.params.get("end", str(millis(world.now) // 1000)))
    if granularity not in _NAMED or (last - first) / _NAMED[granularity] >= _ADVANCED_ROWS:
        return Answer(
            {"error": "INVALID_ARGUMENT", "message": "number of candles requested should be less than 350"}, 400
        )
    rows = world.rows(
        "coinbase_candles",
        lambda body: body["candles"],
        lambda row: int(row["start"]),
        product_id=product,
        granularity=granularity,
    )
    return Answer({"candles": [row for row in rows if first <= int(row["start"]) <= last][::-1]})


VENUE = Coinbase()
