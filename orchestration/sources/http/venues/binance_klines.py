"""Binance's candles over REST: spot, USD-M and COIN-M; of trades, mark, index and premium index.

Belongs here: addresses, spans and weights of kline requests, and which series are wanted. Does not belong here:
the same candles in the public dumps (`binance_vision.py`), columns (`transforms/parse/binance_candles.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestration.sources.http.contract import Batch, Connector, Request, Series, millis
from orchestration.sources.http.errors import Permanent
from orchestration.sources.http.venues.binance_shared import (
    FUTURES,
    HOSTS,
    SPOT,
    TRAILING_DAYS,
    pair,
    perpetual,
    refuse,
    rows,
)
from orchestration.sources.http.venues.spans import instant, pieces

DEFAULT_INTERVAL = "1h"
# Months are left out: they differ in length, and the dumps name them otherwise (1mo, where REST says 1M).
INTERVALS: Mapping[str, timedelta] = {
    **{f"{n}m": timedelta(minutes=n) for n in (1, 3, 5, 15, 30)},
    **{f"{n}h": timedelta(hours=n) for n in (1, 2, 4, 6, 8, 12)},
    **{f"{n}d": timedelta(days=n) for n in (1, 3)},
    "1w": timedelta(weeks=1),
}
_PATHS = {"trade": "klines", "mark": "markPriceKlines", "index": "indexPriceKlines", "premium": "premiumIndexKlines"}
_ROOTS = {"spot": "api/v3", "um": "fapi/v1", "cm": "dapi/v1"}
_KINDS = {"spot": ("trade",), "um": tuple(_PATHS), "cm": tuple(_PATHS)}
_FIRST_DAY = {
    "spot": datetime(2017, 8, 1, tzinfo=UTC),
    "um": datetime(2019, 9, 1, tzinfo=UTC),
    "cm": datetime(2020, 6, 1, tzinfo=UTC),
}
# Rows to ask for, with the weight of that many. Larger pages cost more per row.
_FUTURES_PAGES = ((99, 1), (499, 2))
_SPOT_PAGES = ((1_000, 2),)
_COIN_M_SPAN = timedelta(days=200)
_ONE_MS = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Wanted:
    """One series of candles: the market, the symbol (of an index the pair), and what the prices are of."""

    market: str
    symbol: str
    kind: str
    interval: str

    @property
    def folder(self) -> str:
        """The venue's name for this kind, in addresses and in the dumps alike."""
        return _PATHS[self.kind]

    @property
    def first(self) -> datetime:
        """Before this the market did not exist."""
        return _FIRST_DAY[self.market]

    @property
    def told(self) -> dict[str, str]:
        """What the parser is told."""
        return {"market": self.market, "symbol": self.symbol, "candle_kind": self.kind, "interval": self.interval}


def interval_of(options: Mapping[str, Any]) -> str:
    """The option `candle_interval`, 1h by default. Raises `Permanent` where the venue has none such."""
    interval = str(options.get("candle_interval", DEFAULT_INTERVAL))
    if interval not in INTERVALS:
        raise Permanent(f"candle_interval = {interval!r} is none of {', '.join(INTERVALS)}")
    return interval


def wanted(batch: Batch) -> Iterator[Wanted]:
    """Spot and perpetuals of the batch's coins, every kind that their market has."""
    interval = interval_of(batch.options)
    for asset in batch.assets:
        for market, kinds in _KINDS.items():
            for kind in kinds:
                symbol = pair(market, asset) if kind == "index" else perpetual(market, asset)
                yield Wanted(market, symbol, kind, interval)


def _series(batch: Batch) -> Iterator[Series]:
    start, end = batch.window(TRAILING_DAYS)
    for candles in wanted(batch):
        pages = _newest_kept if candles.market == "cm" else _ascending
        # Only candles that are over by `end`; bounds are of the start of a candle.
        yield pages(candles, max(start, candles.first), end - INTERVALS[candles.interval])


def _ascending(candles: Wanted, start: datetime, last: datetime) -> Series:
    """Spot and USD-M: oldest first from `startTime`, until a page is not full."""
    since = start
    while since <= last:
        limit = _limit(candles, last - since)
        page = rows((yield _request(candles, since, last, limit)), f"{candles.folder} of {candles.symbol}")
        if len(page) < limit:
            return
        newest = instant(max(int(row[0]) for row in page))
        if newest < since:
            raise Permanent(f"{candles.folder} of {candles.symbol}: the page to {newest} does not move on from {since}")
        since = newest + _ONE_MS


def _newest_kept(candles: Wanted, start: datetime, last: datetime) -> Series:
    """COIN-M answers a span of more than a page with its newest rows, and refuses more than 200 days."""
    longest = min(_FUTURES_PAGES[-1][0] * INTERVALS[candles.interval], _COIN_M_SPAN)
    for since, until in pieces(start, last + _ONE_MS, longest):
        yield _request(candles, since, until - _ONE_MS, _limit(candles, until - _ONE_MS - since))


def _limit(candles: Wanted, span: timedelta) -> int:
    """The smallest page that holds the candles of a span, or else the largest."""
    count = span // INTERVALS[candles.interval] + 1
    sizes = [size for size, _ in _pages(candles)]
    return next((size for size in sizes if size >= count), sizes[-1])


def _pages(candles: Wanted) -> tuple[tuple[int, int], ...]:
    return _SPOT_PAGES if candles.market == "spot" else _FUTURES_PAGES


def _request(candles: Wanted, since: datetime, last: datetime, limit: int) -> Request:
    span = {"startTime": millis(since), "endTime": millis(last), "limit": str(limit)}
    subject = {"pair" if candles.kind == "index" else "symbol": candles.symbol, "interval": candles.interval}
    url = f"{HOSTS[candles.market]}/{_ROOTS[candles.market]}/{candles.folder}"
    budget = SPOT if candles.market == "spot" else FUTURES
    return Request(url, budget.name, {**subject, **span}, candles.told, weight=dict(_pages(candles))[limit])


CONNECTORS: tuple[Connector, ...] = (
    Connector(
        "binance_klines",
        _series,
        "history",
        ("00:30",),
        "spot since 2017-08, USD-M since 2019-09, COIN-M since 2020",
        f"futures: {FUTURES.note}; spot: {SPOT.note}",
        TRAILING_DAYS,
        refuse,
    ),
)
