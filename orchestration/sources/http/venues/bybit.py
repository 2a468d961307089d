"""Bybit: instruments, tickers, funding, open interest, klines, option chains and delivery prices.

Belongs here: what is asked for which feed, and when. Does not belong here: paging and errors (`bybit_api.py`), or
reading the bodies (`transforms/parse/bybit*.py`). From FEEDS_VENUES §5.

Options: `candle_intervals` (default 1h and 1d), `open_interest_interval` (default 1h).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from orchestration.sources.http.contract import Batch, Connector, Request, Series, millis, one
from orchestration.sources.http.venues import bybit_api as api
from orchestration.sources.http.venues.choices import CANDLE_INTERVALS, several
from orchestration.sources.http.venues.spans import settled

LIMITS = (api.LIMIT,)

_FUNDING_PAGE = _OPEN_INTEREST_PAGE = 200
_KLINE_PAGE = 1000
_TRAILING_DAYS = 7
_INTERVALS = {"1m": "1", "5m": "5", "15m": "15", "30m": "30", "1h": "60", "4h": "240", "12h": "720", "1d": "D"}
_OPEN_INTEREST_INTERVALS = {"5m": "5min", "15m": "15min", "30m": "30min", "1h": "1h", "4h": "4h", "1d": "1d"}
_KLINES = {
    "trade": "kline",
    "mark": "mark-price-kline",
    "index": "index-price-kline",
    "premium": "premium-index-price-kline",
}
_KINDS = {"linear": ("trade", "mark", "index", "premium"), "inverse": ("trade", "mark", "index")}
_DATED_KINDS = ("trade", "mark")
_CLOSED = "Closed"


def _perpetuals(batch: Batch) -> Iterator[tuple[str, str]]:
    """Category and symbol: margined in USDT, in USDC (`PERP`) and in the coin itself."""
    for asset in batch.assets:
        yield "linear", f"{asset}USDT"
        yield "linear", f"{asset}PERP"
        yield "inverse", f"{asset}USD"


def _span(window: tuple[datetime, datetime]) -> tuple[int, int]:
    """First and last millisecond of a window, which does not hold its end."""
    start, end = window
    return int(millis(start)), int(millis(end)) - 1


def _instruments(batch: Batch) -> Iterable[Series]:
    for category in ("linear", "inverse"):
        yield _list({"category": category})
    for asset in batch.assets:
        yield _list({"category": "option", "baseCoin": asset})


def _list(params: dict[str, str]) -> Series:
    told = {"category": params["category"]}
    yield from api.by_cursor("instruments-info", {**params, "limit": "1000"}, told)


def _tickers(batch: Batch) -> Iterable[Series]:
    for category in ("linear", "inverse"):
        yield one(api.asked("tickers", {"category": category}, {"category": category}))


def _option_tickers(batch: Batch) -> Iterable[Series]:
    for asset in batch.assets:
        yield one(api.asked("tickers", {"category": "option", "baseCoin": asset}, {"category": "option"}))


def _funding(batch: Batch) -> Iterable[Series]:
    for category, symbol in _perpetuals(batch):
        yield _funding_of(category, symbol, _span(settled(batch, _TRAILING_DAYS)))


def _funding_of(category: str, symbol: str, span: tuple[int, int]) -> Series:
    """A start without an end is an error, so both are sent."""

    def request(end: int) -> Request:
        params = {"category": category, "symbol": symbol, "startTime": str(span[0]), "endTime": str(end)}
        return api.asked("funding/history", {**params, "limit": str(_FUNDING_PAGE)}, {"category": category})

    return api.backwards(request, span, _FUNDING_PAGE, lambda row: int(row["fundingRateTimestamp"]))


def _open_interest(batch: Batch) -> Iterable[Series]:
    chosen = several(batch, "open_interest_interval", ("1h",), _OPEN_INTEREST_INTERVALS)
    interval = _OPEN_INTEREST_INTERVALS[chosen[0]]
    start, end = _span(batch.window(_TRAILING_DAYS))
    for category, symbol in _perpetuals(batch):
        yield _open_interest_of(
            {
                "category": category,
                "symbol": symbol,
                "intervalTime": interval,
                "startTime": str(start),
                "endTime": str(end),
                "limit": str(_OPEN_INTEREST_PAGE),
            }
        )


def _open_interest_of(params: dict[str, str]) -> Series:
    told = {name: params[name] for name in ("category", "symbol")}
    yield from api.by_cursor("open-interest", params, told)


def _klines(batch: Batch) -> Iterable[Series]:
    span = _span(batch.window(_TRAILING_DAYS))
    intervals = several(batch, "candle_intervals", CANDLE_INTERVALS, _INTERVALS)
    for category, symbol in _perpetuals(batch):
        for kind in _KINDS[category]:
            for interval in intervals:
                yield _klines_of(category, symbol, kind, interval, span)
    for asset in batch.assets:
        for category in ("linear", "inverse"):
            yield _dated_klines(category, asset, intervals, span)


def _klines_of(
    category: str, symbol: str, kind: str, interval: str, span: tuple[int, int], *, missing_ok: bool = False
) -> Series:
    told = {"category": category, "symbol": symbol, "candle_kind": kind, "interval": interval}

    def request(end: int) -> Request:
        params = {
            "category": category, "symbol": symbol, "interval": _INTERVALS[interval], "start": str(span[0]),
            "end": str(end), "limit": str(_KLINE_PAGE),
        }  # fmt: skip
        return api.asked(_KLINES[kind], params, told, missing_ok=missing_ok)

    return api.backwards(request, span, _KLINE_PAGE, lambda row: int(row[0]))


def _dated_klines(category: str, asset: str, intervals: tuple[str, ...], span: tuple[int, int]) -> Series:
    """Candles of the dated contracts on an asset, those delivered within the window too, up to their delivery."""
    listed = {"category": category, "baseCoin": asset, "limit": "1000"}
    rows = yield from api.by_cursor("instruments-info", listed, lands=False)
    rows += yield from api.by_cursor("instruments-info", {**listed, "status": _CLOSED}, lands=False)
    for symbol, delivered in sorted(_dated(rows).items()):
        until = min(span[1], delivered - 1)
        if until > span[0]:
            for kind in _DATED_KINDS:
                for interval in intervals:
                    yield from _klines_of(category, symbol, kind, interval, (span[0], until), missing_ok=True)


def _dated(rows: list[Any]) -> dict[str, int]:
    """Dated futures among instruments, with their delivery in milliseconds. A perpetual's delivery is none."""
    return {
        str(row["symbol"]): int(row["deliveryTime"])
        for row in rows
        if "Futures" in str(row.get("contractType")) and str(row.get("deliveryTime") or "").isdigit()
    }


def _delivery_prices(batch: Batch) -> Iterable[Series]:
    """The settlement coin is named, for it defaults to USDC."""
    start, _ = _span(batch.window(_TRAILING_DAYS))
    for asset in batch.assets:
        for category, coin in (("linear", "USDT"), ("linear", "USDC"), ("inverse", asset)):
            params = {"category": category, "baseCoin": asset, "settleCoin": coin, "limit": "200"}
            yield _deliveries(params, start)


def _deliveries(params: dict[str, str], start: int) -> Series:
    """Pages, newest first, until one reaches back before the window."""
    cursor = ""
    seen: set[str] = set()
    while True:
        page = {**params, "cursor": cursor} if cursor else params
        rows, cursor = api.result_of((yield api.asked("delivery-price", page, {"category": params["category"]})))
        if not cursor or not rows or min(int(row["deliveryTime"]) for row in rows) < start:
            return
        api.move_on(cursor, seen, "delivery-price")


_NOTE = "600 requests in 5 s per address, all feeds together"

CONNECTORS: tuple[Connector, ...] = (
    Connector("bybit_instruments", _instruments, "document", ("08:10",), "listed contracts only", _NOTE,
              refuse=api.refuse),
    Connector("bybit_tickers", _tickers, "snapshot", ("23:55",), "now only", _NOTE, refuse=api.refuse),
    Connector("bybit_option_tickers", _option_tickers, "snapshot", ("08:20", "23:50"), "now only", _NOTE,
              refuse=api.refuse),
    Connector("bybit_funding_history", _funding, "history", ("00:20",), "since listing; pages of 200", _NOTE,
              trailing_days=_TRAILING_DAYS, refuse=api.refuse),
    Connector("bybit_open_interest", _open_interest, "history", ("00:25",), "since listing; pages of 200", _NOTE,
              trailing_days=_TRAILING_DAYS, refuse=api.refuse),
    Connector("bybit_klines", _klines, "history", ("00:30",), "since listing; pages of 1,000", _NOTE,
              trailing_days=_TRAILING_DAYS, refuse=api.refuse),
    Connector("bybit_delivery_prices", _delivery_prices, "history", ("08:30",), "unverified; pages of 200", _NOTE,
              trailing_days=_TRAILING_DAYS, refuse=api.refuse),
)  # fmt: skip
