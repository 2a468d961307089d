"""Deribit: instruments, book summaries, indexes, DVOL, funding, delivery prices, candles, trades.

Belongs here: what is asked of Deribit, its budgets, and its errors inside an answer. Does not belong here: field
meanings (`transforms/parse/deribit*.py`), paging of trades (`deribit_trades.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestration.sources.http.contract import Batch, Connector, Limit, Reply, Request, Series, millis, one
from orchestration.sources.http.errors import Permanent, Transient, Unknown
from orchestration.sources.http.venues import deribit_trades
from orchestration.sources.http.venues.deribit_trades import BASE, LINEAR, PUBLIC, currencies
from orchestration.sources.http.venues.spans import HOUR, instant, pieces, said, settled

INSTRUMENTS = Limit("deribit.instruments", 1, 1, "get_instruments: 1 request a second, burst 50")
LIMITS: tuple[Limit, ...] = (
    INSTRUMENTS,
    Limit(PUBLIC, 20, 1, "20 requests a second, from a pool of 100; anonymous use may be curtailed under load"),
    deribit_trades.HISTORY_LIMIT,
)
_NOTE = "20 requests a second per address, burst 100, no headers"
# Codes that the venue says to try again after, throttling first.
_LATER = frozenset({10028, 10040, 10041, 10047, 10066, 11051, 11094, 13028, 13503, 13888})
_UNKNOWN = frozenset({10020, 13020})
_UNKNOWN_PARAMETERS = frozenset({"instrument_name", "index_name", "currency"})
_VOLATILITY_ASSETS = ("BTC", "ETH")
# A first and a last stamp are both counted: 744 rows.
_FUNDING_SPAN = 743 * HOUR
_CANDLE_SPAN = 4_999 * HOUR
_CANDLE_RESOLUTION = "60"
_DELIVERY_MOST = 1_000
_TRAILING_DAYS = 7
_FUNDING_FROM = datetime(2019, 1, 1, tzinfo=UTC)
_DVOL_FROM = datetime(2021, 3, 24, tzinfo=UTC)


def refuse(reply: Reply) -> None:
    """Raise for `{"error": …}`: throttling and maintenance pass, a name that is not known is no failure."""
    error = said(reply).get("error")
    if not isinstance(error, dict):
        return
    code, told = error.get("code"), f"Deribit answered with error {error.get('code')}: {error.get('message')}"
    if code in _LATER:
        raise Transient(told)
    data = error.get("data")
    parameter = data.get("param") if isinstance(data, dict) else None
    if code in _UNKNOWN or (code == -32602 and parameter in _UNKNOWN_PARAMETERS):
        raise Unknown(told)
    raise Permanent(told)


def perpetuals(assets: tuple[str, ...]) -> list[str]:
    """The perpetuals of these coins: in the coin where there is one, and in USDC."""
    own = [f"{coin}-PERPETUAL" for coin in currencies(assets) if coin != LINEAR]
    return own + [f"{asset}_{LINEAR}-PERPETUAL" for asset in assets]


def _ask(method: str, params: dict[str, str], limit: str = PUBLIC, lands: bool = True, **told: str) -> Request:
    return Request(f"{BASE}/{method}", limit, params, told, lands=lands)


def _instruments(batch: Batch) -> Iterator[Series]:
    params = {"currency": "any", "kind": "future", "expired": "false"}
    yield one(_ask("get_instruments", params, INSTRUMENTS.name))


def _summaries(kind: str, batch: Batch) -> Iterator[Series]:
    for currency in currencies(batch.assets):
        params = {"currency": currency, "kind": kind}
        yield one(_ask("get_book_summary_by_currency", params, currency=currency))


def _indexes(batch: Batch) -> Iterator[Series]:
    for asset in batch.assets:
        name = f"{asset.lower()}_usd"
        yield one(_ask("get_index_price", {"index_name": name}, index_name=name))


def _funding(batch: Batch) -> Iterator[Series]:
    start, end = settled(batch, _TRAILING_DAYS)
    for name in perpetuals(batch.assets):
        yield _funding_of(name, max(start, _FUNDING_FROM), end)


def _funding_of(name: str, start: datetime, end: datetime) -> Series:
    for since, until in pieces(start, end, _FUNDING_SPAN):
        span = {"start_timestamp": millis(since), "end_timestamp": millis(until)}
        yield _ask("get_funding_rate_history", {"instrument_name": name, **span}, instrument_name=name)


def _volatility(batch: Batch) -> Iterator[Series]:
    start, end = batch.window(_TRAILING_DAYS)
    for asset in batch.assets:
        if asset in _VOLATILITY_ASSETS:
            yield _volatility_of(asset, max(start, _DVOL_FROM), end)


def _volatility_of(asset: str, start: datetime, end: datetime) -> Series:
    """Newest page first; `continuation` is the end of the next one."""
    until = millis(end)
    while int(until) > int(millis(start)):
        params = {"currency": asset, "start_timestamp": millis(start), "end_timestamp": until, "resolution": "1D"}
        reply = yield _ask("get_volatility_index_data", params, asset=asset)
        following = _result(reply).get("continuation")
        if following is None:
            return
        if int(following) >= int(until):
            raise Permanent(f"get_volatility_index_data of {asset}: the continuation {following} does not move on")
        until = str(int(following))


def _deliveries(batch: Batch) -> Iterator[Series]:
    start, _ = batch.window(_TRAILING_DAYS)
    count = min((batch.now - start).days + 2, _DELIVERY_MOST)
    for asset in batch.assets:
        yield _deliveries_of(f"{asset.lower()}_usd", start.date().isoformat(), count)


def _deliveries_of(name: str, first_day: str, count: int) -> Series:
    """Newest first: `offset` is how many of the newest are left out. Ends with the page that reaches `first_day`."""
    offset = 0
    while True:
        params = {"index_name": name, "offset": str(offset), "count": str(count)}
        reply = yield _ask("get_delivery_prices", params, index_name=name)
        found = _result(reply)
        rows = found.get("data") or []
        offset += min(len(rows), count)
        if not rows or offset >= int(found.get("records_total") or 0) or str(rows[-1].get("date")) <= first_day:
            return


def _candles(batch: Batch) -> Iterator[Series]:
    start, end = batch.window(_TRAILING_DAYS)
    for name in perpetuals(batch.assets):
        yield _candles_of(name, start, end)
    for currency in currencies(batch.assets):
        yield _dated_candles(currency, batch.assets, start, end)


def _candles_of(name: str, start: datetime, end: datetime, may_be_gone: bool = False) -> Series:
    for since, until in pieces(start, end, _CANDLE_SPAN):
        last = until - timedelta(milliseconds=1)
        span = {"start_timestamp": millis(since), "end_timestamp": millis(last), "resolution": _CANDLE_RESOLUTION}
        told = {"instrument_name": name, "resolution": _CANDLE_RESOLUTION}
        params = {"instrument_name": name, **span}
        yield Request(f"{BASE}/get_tradingview_chart_data", PUBLIC, params, told, missing_ok=may_be_gone)


def _dated_candles(currency: str, assets: tuple[str, ...], start: datetime, end: datetime) -> Series:
    """Every dated future that could trade in the window, from the lists of living and of expired ones.

    The venue need not know an expired name any more; the others of the series come all the same.
    """
    names: dict[str, tuple[datetime, datetime]] = {}
    for expired in ("false", "true"):
        params = {"currency": currency, "kind": "future", "expired": expired}
        reply = yield _ask("get_instruments", params, INSTRUMENTS.name, lands=False)
        names |= {str(row["instrument_name"]): _life(row) for row in _rows(reply) if row.get("base_currency") in assets}
    for name, (listed, expires) in sorted(names.items()):
        if not name.endswith("-PERPETUAL") and listed < end and expires > start:
            yield from _candles_of(name, max(start, listed), min(end, expires), may_be_gone=True)


def _life(row: dict[str, Any]) -> tuple[datetime, datetime]:
    return instant(float(row["creation_timestamp"])), instant(float(row["expiration_timestamp"]))


def _rows(reply: Reply) -> list[dict[str, Any]]:
    rows = reply.json().get("result")
    return rows if isinstance(rows, list) else []


def _result(reply: Reply) -> dict[str, Any]:
    found = reply.json().get("result")
    if not isinstance(found, dict):
        raise Permanent(f"{reply.request.url}: an answer without `result`")
    return found


_Plan = Callable[[Batch], Iterable[Series]]


def _snapshot(feed: str, series: _Plan, due: tuple[str, ...]) -> Connector:
    return Connector(feed, series, "snapshot", due, "none: what is true of its own minute", _NOTE, refuse=refuse)


def _history(feed: str, series: _Plan, due: str, reach: str) -> Connector:
    return Connector(feed, series, "history", (due,), reach, _NOTE, _TRAILING_DAYS, refuse)


CONNECTORS: tuple[Connector, ...] = (
    Connector(
        "deribit_instruments", _instruments, "document", ("08:10",), "listed and lately expired", _NOTE, refuse=refuse
    ),
    _snapshot("deribit_book_summary", lambda batch: _summaries("future", batch), ("23:55",)),
    _snapshot("deribit_index", _indexes, ("23:55",)),
    _snapshot("deribit_option_summary", lambda batch: _summaries("option", batch), ("08:20", "23:50")),
    _history("deribit_funding_history", _funding, "00:20", "every hour since 2019"),
    _history("deribit_volatility_index", _volatility, "00:30", "days since 2021-03-24"),
    _history("deribit_delivery_prices", _deliveries, "08:30", "days since the index was listed"),
    _history("deribit_candles", _candles, "00:30", "hours since listing; expired futures while they are listed"),
    Connector(
        "deribit_trades",
        deribit_trades.series,
        "history",
        ("00:35",),
        "since 2018 at the history host; the last day at the main one",
        f"{_NOTE}; pages of 1,000",
        refuse=refuse,
    ),
)
