"""Tardis.dev as its documentation describes its files and the details of its exchanges (FEEDS_VENUES §12)."""

from __future__ import annotations

import gzip
import re
from datetime import date, timedelta
from typing import Any

from loopback.contract import Answer, Ask, Budget, World

_FILES, _API = "datasets.tardis.dev", "api.tardis.dev"
_FILE = re.compile(r"/v1/([a-z0-9-]+)/([a-zA-Z_0-9]+)/(\d{4})/(\d{2})/(\d{2})/([^/]+)\.csv\.gz")
_KINDS = ("liquidations", "derivative_ticker")
# What is listed beside the symbols of the payloads: files of these are empty.
_QUIET = {
    "deribit": ("BTC-PERPETUAL", "ETH-PERPETUAL"),
    "binance-futures": ("BTCUSDT", "BTCDOMUSDT"),
    "binance-delivery": ("BTCUSD_PERP",),
    "bybit": ("BTCUSDT", "BTCUSD"),
    "okex-swap": ("BTC-USDT-SWAP",),
    "okex-futures": (),
    "cryptofacilities": ("PF_XBTUSD",),
}
_HOURS_TO_EXPORT = timedelta(hours=6)


class Tardis:
    """A day's files are there six hours after it; without a key those of the first of a month."""

    hosts: tuple[str, ...] = (_FILES, _API)
    # None is documented; this one is to see that the connector keeps to its own.
    budgets: tuple[Budget, ...] = (Budget("tardis", 5, 1, lambda ask: ask.host in (_FILES, _API)),)

    def answer(self, ask: Ask, world: World) -> Answer:
        if ask.host == _API and ask.path.startswith("/v1/exchanges/"):
            return _details(ask.path.removeprefix("/v1/exchanges/"), world)
        found = _FILE.fullmatch(ask.path) if ask.host == _FILES else None
        if found is None:
            return Answer({"code": 116, "message": "not found"}, 404)
        exchange, kind, year, month, day, symbol = found.groups()
        return _file(exchange, kind, date(int(year), int(month), int(day)), symbol, ask, world)


def _exported_until(world: World) -> date:
    return (world.now - _HOURS_TO_EXPORT).date()


def _locators(world: World) -> dict[str, bytes]:
    """Every file that was ever exported, by its path."""
    found = {}
    for kind in (*_KINDS, "options_chain"):
        for item in world.payloads(f"tardis_{kind}"):
            found[item.locator.removeprefix("sample://tardis").partition("#")[0]] = item.content
    return found


def _details(exchange: str, world: World) -> Answer:
    if exchange not in _QUIET:
        return Answer({"code": 105, "message": f"Invalid exchange: {exchange}"}, 404)
    named = {match[6] for path in _locators(world) if (match := _FILE.fullmatch(path)) and match[1] == exchange}
    symbols = [_symbol(name) for name in sorted(named | set(_QUIET[exchange]))]
    datasets = {"formats": ["csv"], "exportedFrom": "2019-03-30T00:00:00.000Z",
                "exportedUntil": f"{_exported_until(world)}T00:00:00.000Z", "symbols": symbols}  # fmt: skip
    return Answer({"id": exchange, "name": exchange, "supportsDatasets": True, "datasets": datasets})


def _symbol(name: str) -> dict[str, Any]:
    """A contract, or the group of all options, which has chains alone."""
    kind = "option" if name == "OPTIONS" else "future" if re.search(r"-\d{1,2}[A-Z]{3}\d{2}$", name) else "perpetual"
    kinds = ["options_chain"] if kind == "option" else [*_KINDS, "trades"]
    return {"id": name, "type": kind, "dataTypes": kinds, "availableSince": "2019-03-30T00:00:00.000Z"}


def _file(exchange: str, kind: str, day: date, symbol: str, ask: Ask, world: World) -> Answer:
    authorization = {name.lower(): value for name, value in ask.headers.items()}.get("authorization", "")
    if day.day != 1 and not re.fullmatch(r"Bearer \S+", authorization):
        return Answer({"code": 274, "message": "Invalid or missing API key. First days of months are free."}, 401)
    if exchange not in _QUIET or day >= _exported_until(world):
        return Answer({"code": 116, "message": "There is no data for that day yet."}, 404)
    found = _locators(world).get(ask.path)
    if found is None and symbol not in (*_QUIET[exchange], "OPTIONS"):
        return Answer({"code": 140, "message": f"Invalid symbol: {symbol}"}, 404)
    return Answer(gzip.compress(b"", mtime=0) if found is None else found, content_type="application/gzip")


VENUE = Tardis()
