"""What Binance's connectors share: budgets, symbols, and the venue's own errors.

Belongs here: limits of every host of Binance, how perpetuals are named, `refuse`. Does not belong here: any feed's
requests (`binance_futures.py`, `binance_klines.py`, `binance_vision.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from orchestration.sources.http.contract import Limit, Reply
from orchestration.sources.http.errors import Banned, Permanent, Transient, Unknown
from orchestration.sources.http.venues.spans import instant

FUTURES = Limit("binance.futures", 2_400, 60, "weight per minute and address, USD-M and COIN-M together")
FUTURES_DATA = Limit("binance.futures_data", 1_000, 300, "requests per 5 minutes and address to /futures/data")
FUNDING = Limit("binance.funding", 500, 300, "requests per 5 minutes and address to the funding endpoints")
SPOT = Limit("binance.spot", 1_200, 60, "weight per minute and address; the older of the documented budgets, now 6,000")
VISION = Limit("binance.vision", 300, 60, "none documented: five requests a second")
LIMITS = (FUTURES, FUTURES_DATA, FUNDING, SPOT, VISION)

USD_M = "https://fapi.binance.com"
COIN_M = "https://dapi.binance.com"
HOSTS = {"spot": "https://data-api.binance.vision", "um": USD_M, "cm": COIN_M}
TRAILING_DAYS = 7

_UNKNOWN_SYMBOL = -1121
# Unknown, disconnected, too many requests, unexpected response, time-out, overloaded, too many orders, shutting down.
_LATER = frozenset({-1000, -1001, -1003, -1006, -1007, -1008, -1015, -1016})
_BANNED_UNTIL = re.compile(r"banned until (\d{13})")
_NO_ERROR_IS_LONGER = 4_096


def refuse(reply: Reply) -> None:
    """Raise for `{"code": -1121, "msg": …}`, whatever the status says.

    An unknown symbol is `Unknown`; throttling and an overloaded venue pass, a ban lasts until the instant that the
    message names; every other code of an error is `Permanent`.
    """
    body = _error(reply)
    if body is None:
        return
    code, message = body["code"], str(body["msg"])
    told = f"Binance answered with error {code}: {message}"
    if code == _UNKNOWN_SYMBOL:
        raise Unknown(told)
    until = _BANNED_UNTIL.search(message)
    if until is not None:
        raise Banned(told, max((instant(int(until[1])) - reply.received_at).total_seconds(), 1.0))
    if code in _LATER:
        raise Transient(told)
    raise Permanent(told)


def _error(reply: Reply) -> dict[str, Any] | None:
    """The error that a short JSON body is; dumps and lists are none."""
    content = reply.content.strip()
    if reply.request.body != "json" or not content.startswith(b"{") or len(content) > _NO_ERROR_IS_LONGER:
        return None
    try:
        body = json.loads(content)
    except ValueError as error:
        raise Transient("Binance answered with an error that is cut short") from error
    is_error = isinstance(body.get("code"), int) and body["code"] < 0 and "msg" in body
    return body if is_error else None


def perpetual(market: str, asset: str) -> str:
    """The perpetual of a coin, or its spot symbol: BTCUSDT, BTCUSD_PERP."""
    return f"{asset}USD_PERP" if market == "cm" else f"{asset}USDT"


def pair(market: str, asset: str) -> str:
    """The pair that indexes and delivery prices are of: BTCUSDT, BTCUSD."""
    return f"{asset}USD" if market == "cm" else f"{asset}USDT"


def rows(reply: Reply, what: str) -> list[Any]:
    """The rows of a page. Raises `Permanent` for anything but a list."""
    body = reply.json()
    if not isinstance(body, list):
        raise Permanent(f"{what}: expected a list, and Binance answered with {type(body).__name__}")
    return body


def contracts(reply: Reply, assets: Iterable[str]) -> list[str]:
    """Symbols of perpetual and dated futures on these coins, each once, by `exchangeInfo`; none on stocks or metals.

    Raises `Permanent` for a body without `symbols`.
    """
    body = reply.json()
    listed = body.get("symbols") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        raise Permanent(f"{reply.request.url}: an answer without `symbols`")
    wanted = set(assets)
    coins = (row for row in listed if row.get("baseAsset") in wanted and row.get("underlyingType") == "COIN")
    return list(dict.fromkeys(str(row["symbol"]) for row in coins))
