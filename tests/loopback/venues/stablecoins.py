"""DefiLlama, Tether and Circle. From FEEDS_OTHER §2 and the routes of DefiLlama's published server."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from loopback.contract import Answer, Ask, Budget, World

_FAILED = Answer({"message": "Internal server error"}, 500)
_SEARCH_SECONDS = 6 * 3600


class Defillama:
    """Files that a server hands out: an id or a chain that has none is an internal error."""

    hosts = ("stablecoins.llama.fi",)
    budgets: tuple[Budget, ...] = ()

    def answer(self, ask: Ask, world: World) -> Answer:
        match unquote(ask.path).strip("/").split("/"):
            case ["stablecoins"]:
                return self._list(ask, world)
            case ["stablecoinprices"]:
                found = world.newest("defillama_stablecoin_prices")
            case ["stablecoin", coin]:
                found = world.newest("defillama_stablecoin", stablecoin_id=coin)
            case ["stablecoincharts", chain]:
                coin = ask.params.get("stablecoin")
                charts = world.payloads("defillama_stablecoin_charts", chain=chain)
                found = next((item for item in reversed(charts) if item.params.get("stablecoin_id") == coin), None)
            case _:
                return Answer({"message": "Not found"}, 404)
        return _cached(found.content) if found else _FAILED

    def _list(self, ask: Ask, world: World) -> Answer:
        found = world.newest("defillama_stablecoins")
        if found is None or ask.params.get("includePrices") == "true":
            return _cached(found.content) if found else _FAILED
        body = json.loads(found.content)
        return _cached({**body, "peggedAssets": [_without(coin, "price") for coin in body["peggedAssets"]]})


def _cached(body: Any) -> Answer:
    return Answer(body, headers={"Cache-Control": "public, max-age=1800"})


def _without(coin: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in coin.items() if key != name}


class DefillamaCoins:
    """The quote nearest to the instant; coins that are not known, or have none near it, are left out."""

    hosts = ("coins.llama.fi",)
    budgets: tuple[Budget, ...] = ()

    def answer(self, ask: Ask, world: World) -> Answer:
        match unquote(ask.path).strip("/").split("/", 3):
            case ["prices", "current", coins]:
                return self._quotes(coins, int(world.now.timestamp()), world)
            case ["prices", "historical", stamp, coins] if stamp.isdigit():
                return self._quotes(coins, int(stamp), world)
            case _:
                return Answer({"message": "Not found"}, 404)

    def _quotes(self, coins: str, stamp: int, world: World) -> Answer:
        told = [json.loads(item.content)["coins"] for item in world.payloads("defillama_coin_prices")]
        found = {}
        for name in coins.split(","):
            quotes = [quotes[name] for quotes in told if name in quotes]
            near = [quote for quote in quotes if abs(quote["timestamp"] - stamp) <= _SEARCH_SECONDS]
            if near:
                found[name] = min(near, key=lambda quote: abs(quote["timestamp"] - stamp))
        return Answer({"coins": found})


class Tether:
    """One file."""

    hosts = ("app.tether.to",)
    budgets: tuple[Budget, ...] = ()

    def answer(self, ask: Ask, world: World) -> Answer:
        found = world.newest("tether_transparency") if ask.path == "/transparency.json" else None
        return Answer(found.content) if found else Answer("not found", 404, "text/html")


class Circle:
    """One call a minute and address."""

    hosts = ("api.circle.com",)
    budgets = (Budget("circle.minute", 1, 60, lambda ask: True),)

    def answer(self, ask: Ask, world: World) -> Answer:
        found = world.newest("circle_stablecoins") if ask.path == "/v1/stablecoins" else None
        return Answer(found.content) if found else Answer({"code": -1, "message": "Resource not found"}, 404)


VENUES = (Defillama(), DefillamaCoins(), Tether(), Circle())
