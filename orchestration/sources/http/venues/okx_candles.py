"""OKX: candles of trades, marks and indexes, of perpetuals and of dated futures.

Belongs here: which candles are asked for, and finding the contracts that there were. Does not belong here: paging
and errors (`okx_api.py`), or reading the bodies (`transforms/parse/okx_candles.py`).
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestration.sources.http.contract import Batch, Reply, Request, Series, millis
from orchestration.sources.http.venues import okx_api as api
from orchestration.sources.http.venues.choices import CANDLE_INTERVALS, several
from orchestration.sources.http.venues.spans import instant

TRAILING_DAYS = 7
X_PERP = "XPERP"

# Bars of six hours and more begin by UTC+8 unless they say utc.
_BARS = {
    "1m": ("1m", 60), "5m": ("5m", 300), "15m": ("15m", 900), "30m": ("30m", 1800), "1h": ("1H", 3600),
    "4h": ("4H", 14400), "12h": ("12Hutc", 43200), "1d": ("1Dutc", 86400),
}  # fmt: skip
_PATHS = {
    "trade": ("market/history-candles", 300),
    "mark": ("market/history-mark-price-candles", 100),
    "index": ("market/history-index-candles", 100),
}
_QUOTES = ("USD", "USDT")
_DATED = re.compile(r"-(\d{6})$")
_DELIVERY_PAGE = 100


def series(batch: Batch) -> Iterable[Series]:
    """Swaps and indexes one by one; the dated futures on an asset together, for they are looked up."""
    start, end = batch.window(TRAILING_DAYS)
    intervals = several(batch, "candle_intervals", CANDLE_INTERVALS, _BARS)
    for asset in batch.assets:
        for interval in intervals:
            for quote in _QUOTES:
                yield _of(f"{asset}-{quote}-SWAP", "trade", interval, start, end)
                yield _of(f"{asset}-{quote}-SWAP", "mark", interval, start, end)
                yield _of(f"{asset}-{quote}", "index", interval, start, end)
        yield _dated(asset, intervals, start, end)


def _of(symbol: str, kind: str, interval: str, start: datetime, end: datetime, *, missing_ok: bool = False) -> Series:
    bar, seconds = _BARS[interval]
    path, most = _PATHS[kind]
    limit = min(most, -(-(end - start) // timedelta(seconds=seconds)) if end > start else 1)
    told = {"inst_id": symbol, "candle_kind": kind, "bar": bar}

    def request(bound: int) -> Request:
        params = {"instId": symbol, "bar": bar, "after": str(bound), "limit": str(limit)}
        return api.asked(path, params, told, missing_ok=missing_ok)

    bounds = int(millis(start)), int(millis(end))
    yield from api.backwards(request, *bounds, limit, lambda row: int(row[0]))


def _dated(asset: str, intervals: tuple[str, ...], start: datetime, end: datetime) -> Series:
    """Candles of the dated futures listed now or delivered within the window, up to their delivery."""
    symbols = {str(row.get("instId")) for row in (yield from _listed())}
    for quote in _QUOTES:
        symbols |= yield from _delivered(f"{asset}-{quote}", start, end)
    for symbol in sorted(symbols):
        until = min(end, _expiry(symbol))
        if symbol.startswith(f"{asset}-") and X_PERP not in symbol and until > start:
            for kind in ("trade", "mark"):
                for interval in intervals:
                    yield from _of(symbol, kind, interval, start, until, missing_ok=True)


def _listed() -> Generator[Request, Reply, list[Any]]:
    return api.rows_of((yield api.asked("public/instruments", {"instType": "FUTURES"}, lands=False)))


def _delivered(family: str, start: datetime, end: datetime) -> Generator[Request, Reply, set[str]]:
    days = yield from deliveries(family, start, end, _DELIVERY_PAGE, lands=False)
    return {
        str(detail.get("insId") or detail.get("instId"))
        for day in days
        if instant(int(day["ts"])) >= start
        for detail in day.get("details") or []
    }


def deliveries(
    family: str, start: datetime, end: datetime, limit: int, *, lands: bool = True
) -> Generator[Request, Reply, list[Any]]:
    """Days of delivery of a family's futures, newest first, back to `start`; none of a family without any."""

    def request(bound: int) -> Request:
        params = {"instType": "FUTURES", "instFamily": family, "after": str(bound), "limit": str(limit)}
        return api.asked("public/delivery-exercise-history", params, lands=lands, missing_ok=True)

    bounds = int(millis(start)), int(millis(end))
    return (yield from api.backwards(request, *bounds, limit, lambda day: int(day["ts"])))


def _expiry(symbol: str) -> datetime:
    """08:00 UTC of the date in the name; the first of all instants where it has none."""
    found = _DATED.search(symbol)
    try:
        return datetime.strptime(f"{found[1]}08", "%y%m%d%H").replace(tzinfo=UTC) if found else _NEVER
    except ValueError:
        return _NEVER


_NEVER = datetime.min.replace(tzinfo=UTC)
