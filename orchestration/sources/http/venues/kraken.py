"""Kraken Futures: instruments, tickers, funding, candles, and the trades and executions that hold liquidations.

Belongs here: what is asked of Kraken, its budget, and its errors inside an answer. Does not belong here: field
meanings (`transforms/parse/kraken*.py`); analytics series, whose units Kraken does not document; the spot exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestration.sources.http.contract import Batch, Connector, Limit, Reply, Request, Series, millis, one
from orchestration.sources.http.errors import Permanent, Transient, Unknown
from orchestration.sources.http.venues.spans import HOUR, instant, iso, pieces, said

HOST = "https://futures.kraken.com"
_API = "/derivatives/api/v3"
LIMITS: tuple[Limit, ...] = (
    Limit("kraken.public", 5, 1, "public calls cost nothing by Kraken's count; 5 a second is what others keep to"),
)
_NOTE = "no documented limit for public calls; 5 a second are kept"
_LATER = frozenset({"apiLimitExceeded", "Server Error", "Unavailable", "marketUnavailable"})
_UNKNOWN = frozenset({"contractNotFound", "notFound", "unknownSymbol"})
_INVERSE = ("BTC", "ETH")
_CODES = {"BTC": "XBT"}
_TICKS = ("trade", "mark", "spot")
_RESOLUTION = "1h"
# Of 2,000 candles, a first and a last one counted.
_CANDLE_SPAN = 1_999 * HOUR
_TRAILING_DAYS = 7
_HISTORY_COUNT = 100
_HISTORY_REACH = timedelta(days=7)
_EXECUTIONS_COUNT = 1_000
# Pages of trades without one are not kept.
LIQUIDATION = "iquidation"
_EXECUTIONS_FROM = datetime(2021, 5, 27, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def refuse(reply: Reply) -> None:
    """Raise for `result: error`, which comes with a 200 as with a 4xx: throttling passes, a name may be unknown."""
    body = said(reply)
    if body.get("result") != "error" and not body.get("errors") and not body.get("error"):
        return
    codes = _codes(body)
    told = f"Kraken answered with error: {', '.join(codes) or 'no reason given'}"
    if _LATER & set(codes):
        raise Transient(told)
    raise Unknown(told) if _UNKNOWN & set(codes) else Permanent(told)


def _codes(body: dict[str, Any]) -> list[str]:
    """What an error is called: a word, or messages in a list."""
    listed = body.get("errors") if isinstance(body.get("errors"), list) else []
    words = [body.get("error"), *(one.get("message") if isinstance(one, dict) else one for one in listed or [])]
    return [str(word) for word in words if word]


def perpetuals(assets: tuple[str, ...]) -> list[str]:
    """The perpetuals of these coins: linear ones of all, inverse ones where there are any."""
    linear = [f"PF_{_CODES.get(asset, asset)}USD" for asset in assets]
    return linear + [f"PI_{_CODES.get(asset, asset)}USD" for asset in _INVERSE if asset in assets]


_Told = Mapping[str, str]


def _ask(path: str, params: _Told | None = None, told: _Told | None = None, lands: bool = True) -> Request:
    return Request(f"{HOST}{path}", "kraken.public", params or {}, told or {}, lands=lands)


def _instruments(batch: Batch) -> Iterator[Series]:
    yield one(_ask(f"{_API}/instruments"))


def _tickers(batch: Batch) -> Iterator[Series]:
    yield one(_ask(f"{_API}/tickers"))


def _funding(batch: Batch) -> Iterator[Series]:
    for symbol in perpetuals(batch.assets):
        yield one(_ask(f"{_API}/historical-funding-rates", {"symbol": symbol}, {"symbol": symbol}))


def _candles(batch: Batch) -> Iterator[Series]:
    start, end = batch.window(_TRAILING_DAYS)
    for symbol in perpetuals(batch.assets):
        for tick in _TICKS:
            yield _candles_of(symbol, tick, start, end)
    yield _each_dated(batch.assets, lambda symbol: _candles_of(symbol, "trade", start, end))
    yield _each_dated(batch.assets, lambda symbol: _candles_of(symbol, "mark", start, end))


def _candles_of(symbol: str, tick: str, start: datetime, end: datetime) -> Series:
    """Seconds in, milliseconds out; `more_candles` says that the page was cut."""
    for since, until in pieces(start, end, _CANDLE_SPAN):
        more = True
        while more and since < until:
            span = {"from": str(int(since.timestamp())), "to": str(int(until.timestamp()) - 1)}
            told = {"symbol": symbol, "tick_type": tick, "resolution": _RESOLUTION}
            reply = yield _ask(f"/api/charts/v1/{tick}/{symbol}/{_RESOLUTION}", span, told)
            body = reply.json()
            rows = body.get("candles") or []
            more = bool(body.get("more_candles"))
            if more:
                last = max((instant(float(row["time"])) for row in rows), default=since - HOUR)
                if last < since:
                    raise Permanent(f"candles of {symbol} ({tick}): there are more, and the page does not move on")
                since = last + HOUR


def _each_dated(assets: tuple[str, ...], series: Callable[[str], Series]) -> Series:
    """A series for every dated future of these coins, from the list of instruments; expired ones are not in it."""
    reply = yield _ask(f"{_API}/instruments", lands=False)
    # A list may name a contract twice, and a request made twice counts as paging that stands still.
    bases = {str(row.get("symbol")): row.get("base") for row in reply.json().get("instruments") or []}
    for symbol, named in bases.items():
        base = "BTC" if named == "XBT" else named
        if symbol.startswith(("FI_", "FF_")) and base in assets:
            yield from series(symbol)


def _history(batch: Batch) -> Iterator[Series]:
    start, end = batch.window()
    start = max(start, batch.now - _HISTORY_REACH)
    for symbol in perpetuals(batch.assets):
        yield _history_of(symbol, start, end)
    yield _each_dated(batch.assets, lambda symbol: _history_of(symbol, start, end))


def _history_of(symbol: str, start: datetime, end: datetime) -> Series:
    """Backwards, 100 trades a page. The next page ends with the oldest millisecond of this one, which may be cut."""
    until = end
    while start < until:
        params = {"symbol": symbol, "lastTime": iso(until)}
        reply = yield replace(_ask(f"{_API}/history", params, {"symbol": symbol}), marker=LIQUIDATION)
        rows = reply.json().get("history") or []
        if len(rows) < _HISTORY_COUNT:
            return
        oldest = min(_whole_millis(row["time"]) for row in rows) + _MILLISECOND
        if oldest >= until:
            raise Permanent(f"trades of {symbol}: the page before {iso(until)} is full and does not move on")
        until = oldest


def _whole_millis(text: str) -> datetime:
    moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _executions(batch: Batch) -> Iterator[Series]:
    start, end = batch.window()
    start = max(start, _EXECUTIONS_FROM)
    for symbol in perpetuals(batch.assets):
        yield _executions_of(symbol, start, end)
    yield _each_dated(batch.assets, lambda symbol: _executions_of(symbol, start, end))


def _executions_of(symbol: str, start: datetime, end: datetime) -> Series:
    """Pages by `continuationToken`, until an answer has none."""
    if start >= end:
        return
    base = {"since": millis(start), "before": millis(end), "sort": "asc", "count": str(_EXECUTIONS_COUNT)}
    token: str | None = None
    while True:
        params = base if token is None else {**base, "continuationToken": token}
        path = f"/api/history/v3/market/{symbol}/executions"
        reply = yield replace(_ask(path, params, {"symbol": symbol}), marker=LIQUIDATION)
        following = reply.json().get("continuationToken")
        if not following:
            return
        if str(following) == token:
            raise Permanent(f"executions of {symbol}: the continuation token stays the same")
        token = str(following)


_Plan = Callable[[Batch], Iterable[Series]]


def _connector(feed: str, series: _Plan, kind: Any, due: str, reach: str, trailing: int = 0) -> Connector:
    return Connector(feed, series, kind, (due,), reach, _NOTE, trailing, refuse)


CONNECTORS: tuple[Connector, ...] = (
    _connector("kraken_instruments", _instruments, "document", "08:10", "listed contracts only"),
    _connector("kraken_tickers", _tickers, "snapshot", "23:55", "none: what is true of its own minute"),
    _connector("kraken_funding_rates", _funding, "history", "00:20", "all of a contract's history in one answer"),
    _connector("kraken_candles", _candles, "history", "00:30", "hours since listing", _TRAILING_DAYS),
    _connector("kraken_history", _history, "history", "00:35", "seven days"),
    _connector("kraken_executions", _executions, "history", "00:35", "since 2021-05-27"),
)
