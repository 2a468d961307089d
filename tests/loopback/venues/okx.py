"""OKX v5 as its documentation describes its public data (FEEDS_VENUES §1 and §4)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from loopback.contract import Answer, Ask, Budget, World

_HOST = "www.okx.com"
_PATH = "/api/v5/"
# Requests in two seconds.
_PACES = {
    "public/instruments": 20,
    "public/mark-price": 10,
    "public/funding-rate-history": 10,
    "public/open-interest": 20,
    "public/opt-summary": 20,
    "public/delivery-exercise-history": 40,
    "market/index-tickers": 20,
    "market/history-candles": 20,
    "market/history-index-candles": 10,
    "market/history-mark-price-candles": 10,
    "rubik/stat/contracts/open-interest-history": 10,
}
_CANDLES = {
    "market/history-candles": ("trade", 300),
    "market/history-index-candles": ("index", 100),
    "market/history-mark-price-candles": ("mark", 100),
}
_SNAPSHOTS = {"public/mark-price": "okx_mark_prices", "public/open-interest": "okx_open_interest"}
_TYPES = ("SWAP", "FUTURES", "OPTION", "SPOT")
_FAMILIES = ("BTC-USD", "ETH-USD", "BTC-USDT", "ETH-USDT")
_MONTHS_MS = 93 * 86_400_000
_POINTS = 1440


class Refused(Exception):
    """An error inside a 200: code and message."""


def _budget(path: str, pace: int) -> Budget:
    return Budget(f"okx {path}", pace, 2, lambda ask: ask.host == _HOST and ask.path == _PATH + path)


class Okx:
    """Errors come with status 200 and a code; lists are newest first; `after` is older than, without the bound."""

    hosts: tuple[str, ...] = (_HOST,)
    budgets: tuple[Budget, ...] = tuple(_budget(path, pace) for path, pace in _PACES.items())

    def answer(self, ask: Ask, world: World) -> Answer:
        serve = _SERVED.get(ask.path.removeprefix(_PATH))
        if serve is None or not ask.path.startswith(_PATH):
            return Answer({"code": "404", "data": [], "msg": "Not Found"}, 404)
        try:
            return Answer({"code": "0", "msg": "", "data": serve(ask, world)})
        except Refused as error:
            code, said = error.args
            return Answer({"code": code, "msg": said, "data": []})


def _data(body: Any) -> list[Any]:
    return list(body["data"])


def _kind(ask: Ask) -> str:
    kind = ask.params.get("instType", "")
    if kind not in _TYPES:
        raise Refused("51000", "Parameter instType error")
    return kind


def _instrument(ask: Ask, world: World) -> str:
    """An instrument that was ever listed."""
    name = ask.params.get("instId", "")
    known = world.rows("okx_instruments", _data, lambda row: row["instId"])
    if name not in {row["instId"] for row in known}:
        raise Refused("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
    return name


def _instruments(ask: Ask, world: World) -> list[Any]:
    """The list of now: what has expired is not in it. Options need their family."""
    kind = _kind(ask)
    family = ask.params.get("instFamily", "")
    if kind == "OPTION" and family not in _FAMILIES:
        raise Refused("51000", "Parameter instFamily error")
    newest = world.newest("okx_instruments", instType=kind)
    rows = _data(json.loads(newest.content)) if newest else []
    return [row for row in rows if not family or row["instFamily"] == family]


def _snapshot(ask: Ask, world: World) -> list[Any]:
    newest = world.newest(_SNAPSHOTS[ask.path.removeprefix(_PATH)])
    rows = _data(json.loads(newest.content)) if newest else []
    return [row for row in rows if row["instType"] == _kind(ask)]


def _indexes(ask: Ask, world: World) -> list[Any]:
    quote = ask.params.get("quoteCcy", "")
    if not quote and "instId" not in ask.params:
        raise Refused("50015", "Either parameter quoteCcy or instId is required")
    newest = world.newest("okx_index_tickers")
    rows = _data(json.loads(newest.content)) if newest else []
    return [row for row in rows if row["instId"].endswith(f"-{quote}")]


def _options(ask: Ask, world: World) -> list[Any]:
    family = ask.params.get("instFamily") or ask.params.get("uly", "")
    newest = world.newest("okx_option_summary", instFamily=family)
    if newest is None and family not in _FAMILIES:
        raise Refused("51000", "Parameter instFamily error")
    return _data(json.loads(newest.content)) if newest else []


def _older(ask: Ask, rows: list[Any], stamp: Callable[[Any], int], default: int, most: int) -> list[Any]:
    """A page of what is older than `after`, newest first; `before` alone gives the latest page."""
    after = int(ask.params.get("after") or 9e15)
    size = min(int(ask.params.get("limit") or default), most)
    return sorted((row for row in rows if stamp(row) < after), key=stamp, reverse=True)[:size]


def _now(world: World) -> int:
    return int(world.now.timestamp() * 1000)


def _funding(ask: Ask, world: World) -> list[Any]:
    """About three months."""
    name = _instrument(ask, world)

    def stamp(row: Any) -> int:
        return int(row["fundingTime"])

    known = world.rows("okx_funding_history", _data, lambda row: (row["instId"], stamp(row)))
    kept = [row for row in known if row["instId"] == name and stamp(row) >= _now(world) - _MONTHS_MS]
    return _older(ask, kept, stamp, 100, 400)


def _open_interest_history(ask: Ask, world: World) -> list[Any]:
    """Between begin and end, without either bound; the latest 1,440 periods; the default period is a day of UTC+8."""
    name = _instrument(ask, world)
    rows = world.rows("okx_open_interest_history", _data, lambda row: int(row[0]), inst_id=name)
    if ask.params.get("period", "1D") != "1H":
        return []
    begin, end = int(ask.params.get("begin") or 0), int(ask.params.get("end") or 9e15)
    kept = [row for row in rows[-_POINTS:] if begin < int(row[0]) < end]
    return kept[::-1][: min(int(ask.params.get("limit") or 100), 100)]


def _candles(ask: Ask, world: World) -> list[Any]:
    """A bar of 1D begins by UTC+8, so it is another series than 1Dutc."""
    kind, most = _CANDLES[ask.path.removeprefix(_PATH)]
    name = ask.params.get("instId", "") if kind == "index" else _instrument(ask, world)
    if kind == "index" and name not in _FAMILIES:
        raise Refused("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
    told = {"inst_id": name, "candle_kind": kind, "bar": ask.params.get("bar", "1m")}
    rows = world.rows("okx_candles", _data, lambda row: int(row[0]), **told)
    return _older(ask, rows, lambda row: int(row[0]), 100, most)


def _deliveries(ask: Ask, world: World) -> list[Any]:
    """Days with their contracts of a family, three months back."""
    _kind(ask)
    family = ask.params.get("instFamily") or ask.params.get("uly", "")
    if family not in _FAMILIES:
        raise Refused("51000", "Parameter instFamily error")

    def stamp(row: Any) -> int:
        return int(row["ts"])

    rows = world.rows("okx_delivery_history", _data, stamp, instFamily=family)
    return _older(ask, [row for row in rows if stamp(row) >= _now(world) - _MONTHS_MS], stamp, 100, 100)


_SERVED: dict[str, Callable[[Ask, World], list[Any]]] = {
    "public/instruments": _instruments,
    "public/mark-price": _snapshot,
    "public/open-interest": _snapshot,
    "public/opt-summary": _options,
    "public/funding-rate-history": _funding,
    "public/delivery-exercise-history": _deliveries,
    "market/index-tickers": _indexes,
    "rubik/stat/contracts/open-interest-history": _open_interest_history,
    **dict.fromkeys(_CANDLES, _candles),
}

VENUE = Okx()
