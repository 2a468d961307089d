"""Binance as documented: USD-M and COIN-M futures, and spot market data.

Belongs here: the REST hosts' pages, windows, weights and errors. Does not belong here: the public dumps
(`binance_vision.py`). Sources: Binance derivatives and spot documentation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from loopback.contract import Answer, Ask, Budget, World

USD_M, COIN_M, SPOT = "fapi.binance.com", "dapi.binance.com", "data-api.binance.vision"
_MARKETS = {USD_M: "um", COIN_M: "cm", SPOT: "spot"}
_KLINES = {
    "klines": "trade",
    "markPriceKlines": "mark",
    "indexPriceKlines": "index",
    "premiumIndexKlines": "premium",
}
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_MONTH = timedelta(days=30)
_PERIODS = ("5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d")
_KINDS = ("ALL", "CURRENT_QUARTER", "NEXT_QUARTER", "PERPETUAL")


def _error(code: int, message: str, status: int = 400) -> Answer:
    return Answer({"code": code, "msg": message}, status)


_INVALID_SYMBOL = _error(-1121, "Invalid symbol.")
_NO_PATH = Answer("<html><body><h2>404 Not found</h2></body></html>", 404, "text/html")


def _missing(name: str) -> Answer:
    return _error(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def _invalid(name: str) -> Answer:
    return _error(-1130, f"Data sent for parameter '{name}' is not valid.")


def _is_data(ask: Ask) -> bool:
    return ask.path.startswith("/futures/data/")


def _is_funding(ask: Ask) -> bool:
    return ask.path.endswith(("/fundingRate", "/fundingInfo"))


def _weight(ask: Ask) -> float:
    """Weight of a request to the futures."""
    name = ask.path.rpartition("/")[2]
    if name in _KLINES:
        limit = int(ask.params.get("limit", "500"))
        return 1 if limit < 100 else 2 if limit < 500 else 5 if limit <= 1000 else 10
    if name == "premiumIndex":
        return 1 if ask.host == USD_M and "symbol" in ask.params else 10
    return 1


@dataclass(frozen=True)
class _Binance:
    hosts: tuple[str, ...] = (USD_M, COIN_M, SPOT)
    budgets: tuple[Budget, ...] = (
        Budget(
            "binance.futures",
            2_400,
            60,
            lambda ask: ask.host in (USD_M, COIN_M) and not _is_data(ask) and not _is_funding(ask),
            _weight,
        ),
        Budget("binance.futures_data", 1_000, 300, _is_data),
        Budget("binance.funding", 500, 300, _is_funding),
        Budget("binance.spot", 6_000, 60, lambda ask: ask.host == SPOT, lambda ask: 2),
    )

    def answer(self, ask: Ask, world: World) -> Answer:
        """The venue's answer; unknown paths are a page, as the venue's edge gives it."""
        market = _MARKETS[ask.host]
        roots = {"um": "/fapi/v1/", "cm": "/dapi/v1/", "spot": "/api/v3/"}
        if market != "spot" and _is_data(ask):
            return _DATA.get(ask.path.removeprefix("/futures/data/"), _no_path)(ask, market, world)
        name = ask.path.removeprefix(roots[market])
        if not ask.path.startswith(roots[market]) or (market == "spot" and name != "klines"):
            return _NO_PATH
        if name in _KLINES:
            return _klines(ask, market, _KLINES[name], world)
        return _FUTURES.get(name, _no_path)(ask, market, world)


def _no_path(ask: Ask, market: str, world: World) -> Answer:
    return _NO_PATH


def _instruments(market: str, world: World) -> dict[str, Any]:
    newest = world.newest("binance_usdm_instruments" if market == "um" else "binance_coinm_instruments")
    return json.loads(newest.content) if newest else {"timezone": "UTC", "symbols": []}


def _exchange_info(ask: Ask, market: str, world: World) -> Answer:
    return Answer(_instruments(market, world))


def _names(market: str, world: World, key: str) -> set[str]:
    """Symbols or pairs that the venue knows; of spot those that it has candles of."""
    if market == "spot":
        return {item.params["symbol"] for item in world.payloads("binance_klines", market="spot")}
    return {str(row[key]) for row in _instruments(market, world)["symbols"]}


def _within(params: Mapping[str, str], newest: int) -> tuple[int, int]:
    return int(params.get("startTime", "0")), int(params.get("endTime", str(newest)))


def _klines(ask: Ask, market: str, kind: str, world: World) -> Answer:
    """Both bounds are of the open time and counted in; COIN-M keeps the newest rows, the others the oldest."""
    key = "pair" if kind == "index" else "symbol"
    name, interval = ask.params.get(key), ask.params.get("interval")
    if not name or not interval:
        return _missing(key if not name else "interval")
    if name not in _names(market, world, key):
        return _INVALID_SYMBOL
    start, end = _within(ask.params, _now(world))
    if market == "cm" and end - start > 200 * _DAY_MS:
        return _error(-4088, "Maximum time interval is 200 days.")
    limit = min(int(ask.params.get("limit", "500")), 1000 if market == "spot" else 1500)
    told = {"market": market, "symbol": name, "candle_kind": kind, "interval": interval}
    rows = world.rows("binance_klines", list, lambda row: row[0], **told)
    found = [row for row in rows if start <= row[0] <= end]
    return Answer(found[-limit:] if market == "cm" else found[:limit])


def _now(world: World) -> int:
    return int(world.now.timestamp() * 1000)


def _funding(ask: Ask, market: str, world: World) -> Answer:
    """USD-M answers without a symbol as well. Ascending from `startTime`, both bounds counted in."""
    symbol = ask.params.get("symbol")
    if symbol is None and market == "cm":
        return _missing("symbol")
    if symbol is not None and symbol not in _names(market, world, "symbol"):
        return _INVALID_SYMBOL
    start, end = _within(ask.params, _now(world))
    limit = min(int(ask.params.get("limit", "100")), 1000)
    rows = world.rows("binance_funding_history", list, lambda row: (row["fundingTime"], row["symbol"]))
    known = _names(market, world, "symbol")
    found = [
        row for row in rows
        if row["symbol"] in known and symbol in (None, row["symbol"]) and start <= row["fundingTime"] <= end
    ]  # fmt: skip
    return Answer(found[:limit])


def _premium(ask: Ask, market: str, world: World) -> Answer:
    newest = world.newest("binance_usdm_premium_index" if market == "um" else "binance_coinm_premium_index")
    rows = json.loads(newest.content) if newest else []
    for key in ("symbol", "pair"):
        wanted = ask.params.get(key)
        if wanted is not None and wanted not in _names(market, world, key):
            return _INVALID_SYMBOL
        rows = [row for row in rows if wanted is None or row[key] == wanted]
    return Answer(rows[0] if market == "um" and "symbol" in ask.params and rows else rows)


def _interest(ask: Ask, market: str, world: World) -> Answer:
    """The latest month only; older is an error. USD-M by symbol, COIN-M by pair and kind."""
    key = "symbol" if market == "um" else "pair"
    needed = (key, "period") if market == "um" else (key, "contractType", "period")
    for name in needed:
        if not ask.params.get(name):
            return _missing(name)
    if ask.params[key] not in _names(market, world, key):
        return _INVALID_SYMBOL
    if ask.params["period"] not in _PERIODS or (market == "cm" and ask.params["contractType"] not in _KINDS):
        return _invalid("period")
    start, end = _within(ask.params, _now(world))
    if "startTime" in ask.params and start < _now(world) - _MONTH.total_seconds() * 1000:
        return _error(-1130, "parameter 'startTime' is invalid.")
    limit = int(ask.params.get("limit", "30"))
    if limit > 500:
        return _invalid("limit")
    rows = world.rows("binance_open_interest", list, lambda row: (row["timestamp"], row.get(key, "")))
    found = [row for row in rows if row.get(key) == ask.params[key] and start <= row["timestamp"] <= end]
    return Answer(found[-limit:])


def _delivery(ask: Ask, market: str, world: World) -> Answer:
    pair = ask.params.get("pair")
    if not pair:
        return _missing("pair")
    if pair not in _names(market, world, "pair"):
        return _INVALID_SYMBOL
    newest = world.newest("binance_delivery_prices", pair=pair)
    return Answer(json.loads(newest.content) if newest else [])


_Route = Callable[[Ask, str, World], Answer]
_FUTURES: dict[str, _Route] = {"exchangeInfo": _exchange_info, "fundingRate": _funding, "premiumIndex": _premium}
_DATA: dict[str, _Route] = {"openInterestHist": _interest, "delivery-price": _delivery}
VENUE = _Binance()
