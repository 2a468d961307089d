"""Binance's futures over REST: instruments, marks, funding, open interest, delivery prices of USD-M and COIN-M.

Belongs here: what is asked of `fapi` and `dapi`, candles excepted. Does not belong here: candles
(`binance_klines.py`), the public dumps (`binance_vision.py`), field meanings (`transforms/parse/binance*.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from orchestration.sources.http.contract import Batch, Connector, Request, Series, millis, one
from orchestration.sources.http.errors import Permanent
from orchestration.sources.http.venues.binance_shared import (
    COIN_M,
    FUNDING,
    FUTURES,
    FUTURES_DATA,
    HOSTS,
    TRAILING_DAYS,
    USD_M,
    contracts,
    pair,
    perpetual,
    refuse,
    rows,
)
from orchestration.sources.http.venues.spans import HOUR, pieces, settled

_MARKETS = {"um": f"{USD_M}/fapi/v1", "cm": f"{COIN_M}/dapi/v1"}
_FUNDING_ROWS = 1_000
# Spans stay shorter than a page: which end of a longer one the venue would cut off is not documented.
_INTEREST_ROWS = 500
_INTEREST_SPAN = 480 * HOUR
_INTEREST_PERIOD = "1h"
# The venue refuses what is older than a month; an hour less leaves room for its clock.
_INTEREST_REACH = timedelta(days=30) - HOUR
_ONE_MS = timedelta(milliseconds=1)


def _exchange_info(market: str, lands: bool = True) -> Request:
    return Request(f"{_MARKETS[market]}/exchangeInfo", FUTURES.name, lands=lands)


def _usdm_instruments(batch: Batch) -> Iterator[Series]:
    yield one(_exchange_info("um"))


def _coinm_instruments(batch: Batch) -> Iterator[Series]:
    yield one(_exchange_info("cm"))


def _usdm_marks(batch: Batch) -> Iterator[Series]:
    yield _marks_of(batch)


def _marks_of(batch: Batch) -> Series:
    """Contract by contract: the answer for all would bring stocks and metals, whose instruments are not known.

    One that was delivered since it was listed does not spoil the others.
    """
    listed = yield _exchange_info("um", lands=False)
    for symbol in contracts(listed, batch.assets):
        yield Request(f"{_MARKETS['um']}/premiumIndex", FUTURES.name, {"symbol": symbol}, missing_ok=True)


def _coinm_marks(batch: Batch) -> Iterator[Series]:
    """Without a symbol, one answer has the whole term structure of one instant."""
    yield one(Request(f"{_MARKETS['cm']}/premiumIndex", FUTURES.name, weight=10))


def _funding(batch: Batch) -> Iterator[Series]:
    start, end = settled(batch, TRAILING_DAYS)
    for market in _MARKETS:
        for asset in batch.assets:
            yield _funding_of(market, perpetual(market, asset), start, end)


def _funding_of(market: str, symbol: str, start: datetime, end: datetime) -> Series:
    """Ascending from `startTime`; both bounds are counted in."""
    since, until = int(millis(start)), int(millis(end))
    while since <= until:
        params = {"symbol": symbol, "startTime": str(since), "endTime": str(until), "limit": str(_FUNDING_ROWS)}
        reply = yield Request(f"{_MARKETS[market]}/fundingRate", FUNDING.name, params)
        page = rows(reply, f"fundingRate of {symbol}")
        if len(page) < _FUNDING_ROWS:
            return
        newest = max(int(row["fundingTime"]) for row in page)
        if newest < since:
            raise Permanent(f"fundingRate of {symbol}: the page that ends at {newest} does not move on from {since}")
        since = newest + 1


def _open_interest(batch: Batch) -> Iterator[Series]:
    start, end = batch.window(TRAILING_DAYS)
    start = max(start, batch.now - _INTEREST_REACH)
    for asset in batch.assets:
        yield _interest_of("um", {"symbol": perpetual("um", asset)}, start, end)
    for asset in batch.assets:
        # Of a pair only the perpetual's rows name one contract: CURRENT_QUARTER is another one every quarter.
        yield _interest_of("cm", {"pair": pair("cm", asset), "contractType": "PERPETUAL"}, start, end)


def _interest_of(market: str, subject: dict[str, str], start: datetime, end: datetime) -> Series:
    for since, until in pieces(start, end, _INTEREST_SPAN):
        span = {"startTime": millis(since), "endTime": millis(until - _ONE_MS), "limit": str(_INTEREST_ROWS)}
        params = {**subject, "period": _INTEREST_PERIOD, **span}
        yield Request(f"{HOSTS[market]}/futures/data/openInterestHist", FUTURES_DATA.name, params)


def _deliveries(batch: Batch) -> Iterator[Series]:
    for market in _MARKETS:
        for asset in batch.assets:
            name = pair(market, asset)
            url = f"{HOSTS[market]}/futures/data/delivery-price"
            yield one(Request(url, FUTURES_DATA.name, {"pair": name}, told={"pair": name}))


def _snapshot(feed: str, series: Callable[[Batch], Iterator[Series]], due: str, reach: str) -> Connector:
    return Connector(feed, series, "snapshot", (due,), reach, FUTURES.note, refuse=refuse)


_VANISHED = "none: expired contracts vanish from the list"
_OWN_MINUTE = "none: true of its own minute"
CONNECTORS: tuple[Connector, ...] = (
    Connector(
        "binance_usdm_instruments", _usdm_instruments, "document", ("08:10",), _VANISHED, FUTURES.note, refuse=refuse
    ),
    Connector(
        "binance_coinm_instruments", _coinm_instruments, "document", ("08:10",), _VANISHED, FUTURES.note, refuse=refuse
    ),
    _snapshot("binance_usdm_premium_index", _usdm_marks, "23:55", _OWN_MINUTE),
    _snapshot("binance_coinm_premium_index", _coinm_marks, "23:55", _OWN_MINUTE),
    Connector(
        "binance_funding_history",
        _funding,
        "history",
        ("00:20",),
        "every settlement since 2019-09 (USD-M) and 2020 (COIN-M)",
        f"{FUNDING.note}; pages of 1,000, oldest first",
        TRAILING_DAYS,
        refuse,
    ),
    Connector(
        "binance_open_interest",
        _open_interest,
        "history",
        ("00:25",),
        "the latest month; older is refused",
        f"{FUTURES_DATA.note}; pages of 500",
        TRAILING_DAYS,
        refuse,
    ),
    Connector(
        "binance_delivery_prices",
        _deliveries,
        "document",
        ("08:30",),
        "contracts delivered since 2022; the newest appears days late",
        FUTURES_DATA.note,
        refuse=refuse,
    ),
)
