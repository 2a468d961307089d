"""CoinGlass v4 and SoSoValue, which want a key. From FEEDS_OTHER §1.3, §1.4 and §9: errors come with status 200."""

from __future__ import annotations

import json
from typing import Any

from loopback.contract import Answer, Ask, Budget, World


class Coinglass:
    """30 requests a minute on the least plan; a bar is stamped at its start, oldest first."""

    hosts = ("open-api-v4.coinglass.com",)
    budgets = (Budget("coinglass.minute", 30, 60, lambda ask: True),)
    _etfs = {"bitcoin": "BTC", "ethereum": "ETH", "solana": "SOL"}

    def answer(self, ask: Ask, world: World) -> Answer:
        if not ask.headers.get("cg-api-key"):
            return _coinglass_error("401", "Invalid or missing API key")
        match ask.path.strip("/").split("/"):
            case ["api", "etf", name, "flow-history"] if name in self._etfs:
                history = world.newest("coinglass_etf_flows", asset=self._etfs[name])
                return Answer(history.content) if history else _coinglass({"code": "0", "msg": None, "data": []})
            case ["api", "futures", "liquidation", "aggregated-history"]:
                if not ask.params.get("exchange_list"):
                    return _coinglass_error("400", "Required parameter 'exchange_list' is missing")
                return self._bars(ask, world, "coinglass_liquidations")
            case ["api", "futures", "open-interest", "aggregated-history"]:
                return self._bars(ask, world, "coinglass_open_interest")
            case _:
                return Answer({"code": "404", "msg": "The requested resource does not exist"}, 404)

    def _bars(self, ask: Ask, world: World, feed: str) -> Answer:
        symbol = ask.params.get("symbol")
        if not symbol or ask.params.get("interval") != "1d":
            return _coinglass_error("400", "Required parameters: symbol, interval")
        rows = world.rows(feed, lambda body: body["data"], lambda bar: bar["time"], asset=symbol)
        first, last = int(ask.params.get("start_time", 0)), int(ask.params.get("end_time", 2**53))
        found = [bar for bar in rows if first <= bar["time"] <= last]
        return _coinglass(
            {"code": "0", "msg": "success", "data": found[-min(int(ask.params.get("limit", 1000)), 1000) :]}
        )


def _coinglass(body: dict[str, Any]) -> Answer:
    return Answer(body, headers={"API-KEY-MAX-LIMIT": "30", "API-KEY-USE-LIMIT": "1"})


def _coinglass_error(code: str, msg: str) -> Answer:
    return _coinglass({"code": code, "msg": msg})


class Sosovalue:
    """v2 by POST with the type in the body; v1 by GET, which gives about a month whatever the limit."""

    hosts = ("api.sosovalue.xyz", "openapi.sosovalue.com")
    budgets = (Budget("sosovalue.minute", 10, 60, lambda ask: True),)
    _types = {"us-btc-spot": "BTC", "us-eth-spot": "ETH", "us-sol-spot": "SOL"}

    def answer(self, ask: Ask, world: World) -> Answer:
        if not ask.headers.get("x-soso-api-key"):
            return Answer({"code": 400101, "msg": "api key is invalid", "data": None})
        if ask.path == "/openapi/v2/etf/historicalInflowChart":
            if ask.method != "POST":
                return Answer({"code": 405, "msg": "method not allowed"}, 405)
            return self._chart(self._types.get((ask.json or {}).get("type", ""), ""), world)
        if ask.path == "/openapi/v1/etfs/summary-history" and ask.params.get("country_code") == "US":
            return self._summary(ask.params.get("symbol", ""), world)
        return Answer({"code": 404, "msg": "not found"}, 404)

    def _chart(self, asset: str, world: World) -> Answer:
        if not asset:
            return Answer({"code": 400001, "msg": "type is invalid", "data": None})
        chart = world.newest("sosovalue_etf_flows", asset=asset)
        return Answer(chart.content) if chart else Answer({"code": 0, "msg": None, "data": []})

    def _summary(self, asset: str, world: World) -> Answer:
        chart = world.newest("sosovalue_etf_flows", asset=asset)
        rows = json.loads(chart.content)["data"][:21] if chart else []
        data = [{"date": row["date"], "total_net_inflow": str(row["totalNetInflow"])} for row in rows]
        return Answer({"code": 0, "message": "success", "data": data})


VENUES = (Coinglass(), Sosovalue())
