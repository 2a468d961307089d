"""CoinGecko as its public API answers without a paid plan (FEEDS_OTHER §4)."""

from __future__ import annotations

import json
from typing import Any

from loopback.contract import Answer, Ask, Budget, World

_HOST = "api.coingecko.com"
_PREFIX = "price_change_percentage_"
_MOST = 250


class CoinGecko:
    """Totals, rankings by category, and the words of its errors."""

    hosts: tuple[str, ...] = (_HOST,)
    budgets: tuple[Budget, ...] = (Budget("coingecko without a key", 6, 60, lambda ask: ask.host == _HOST),)

    def answer(self, ask: Ask, world: World) -> Answer:
        if ask.path == "/api/v3/global":
            newest = world.newest("coingecko_global")
            return Answer(newest.content) if newest else Answer({"error": "not ready"}, 503)
        if ask.path == "/api/v3/coins/markets":
            return self._markets(ask, world)
        if ask.path.endswith("/market_cap_chart"):
            return Answer({"status": {"error_code": 10005, "error_message": "limited to Pro API subscribers"}}, 401)
        return Answer({"error": "Incorrect path. Please check https://docs.coingecko.com/"}, 404)

    def _markets(self, ask: Ask, world: World) -> Answer:
        if ask.params.get("vs_currency") != "usd":
            return Answer({"error": "Missing parameter vs_currency"}, 422)
        newest = world.newest("coingecko_markets", category=ask.params.get("category", "all"))
        if newest is None:
            return Answer({"error": "category not found"}, 404)
        size, page = min(int(ask.params.get("per_page", "100")), _MOST), int(ask.params.get("page", "1"))
        rows = sorted(json.loads(newest.content), key=lambda row: -row["market_cap"])[(page - 1) * size : page * size]
        periods = ask.params.get("price_change_percentage", "").split(",")
        return Answer([_told(row, periods) for row in rows])


def _told(row: dict[str, Any], periods: list[str]) -> dict[str, Any]:
    """A coin with the changes that were asked for."""
    asked = {f"{_PREFIX}{period}_in_currency" for period in periods}
    return {name: value for name, value in row.items() if not name.startswith(_PREFIX) or name in asked}


VENUE = CoinGecko()
