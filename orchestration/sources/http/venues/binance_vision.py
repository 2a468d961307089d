"""Binance's public dumps: funding by month, open interest by day, candles of every market.

Belongs here: which files each feed wants. Does not belong here: addresses, checksums and listings
(`binance_dumps.py`), columns (`transforms/parse/binance_vision.py`, `binance_candles.py`). Files are series of their
own: one that is damaged does not keep the others from landing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from orchestration.sources.http.contract import Batch, Connector, Series
from orchestration.sources.http.venues.binance_dumps import (
    ROOTS,
    by_month_or_day,
    checked,
    days_of,
    file_path,
    first_monday_after,
    folders,
    refuse,
)
from orchestration.sources.http.venues.binance_klines import Wanted, interval_of, wanted
from orchestration.sources.http.venues.binance_shared import TRAILING_DAYS, VISION, pair, perpetual

_MARKETS = ("um", "cm")
_FUNDING_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_METRICS_FROM = datetime(2020, 9, 1, tzinfo=UTC)
# Long enough to see a month's file that comes weeks late.
_MONTHS_TRAILING_DAYS = 40
_DATED_KINDS = ("trade", "mark")
# Quarterlies are listed about half a year before their delivery.
_LIFE = timedelta(days=370)


def _funding(batch: Batch) -> Iterator[Series]:
    start, end = batch.window(_MONTHS_TRAILING_DAYS)
    days = days_of(max(start, _FUNDING_FROM), end, batch.now)
    months = [month for month in sorted({day.replace(day=1) for day in days}) if _is_out(month, batch)]
    for market in _MARKETS:
        for symbol in (perpetual(market, asset) for asset in batch.assets):
            for month in months:
                path = file_path(market, "fundingRate", symbol, "fundingRate", month, monthly=True)
                yield checked(path, {"market": market, "symbol": symbol})


def _is_out(month: date, batch: Batch) -> bool:
    return first_monday_after(month) <= batch.now.date()


def _metrics(batch: Batch) -> Iterator[Series]:
    start, end = batch.window(TRAILING_DAYS)
    start = max(start, _METRICS_FROM)
    for market in _MARKETS:
        for asset in batch.assets:
            for day in days_of(start, end, batch.now):
                yield _metrics_of(market, perpetual(market, asset), day)
            if batch.options.get("expired_quarterlies", False):
                yield _dated_metrics(market, asset, start, end, batch.now)


def _metrics_of(market: str, symbol: str, day: date) -> Series:
    path = file_path(market, "metrics", symbol, "metrics", day, monthly=False)
    return checked(path, {"market": market})


def _dated_metrics(market: str, asset: str, start: datetime, end: datetime, now: datetime) -> Series:
    for symbol in (yield from folders(f"{ROOTS[market]}/daily/metrics/{pair(market, asset)}_")):
        since, until = _life_within(symbol, start, end)
        for day in days_of(since, until, now):
            yield from _metrics_of(market, symbol, day)


def _candles(batch: Batch) -> Iterator[Series]:
    start, end = batch.window(TRAILING_DAYS)
    for candles in wanted(batch):
        days = days_of(max(start, candles.first), end, batch.now)
        yield from (_candles_of(candles, day, monthly) for day, monthly in by_month_or_day(days, batch.now))
    if batch.options.get("expired_quarterlies", False):
        for market in _MARKETS:
            for asset in batch.assets:
                for kind in _DATED_KINDS:
                    basis = Wanted(market, pair(market, asset), kind, interval_of(batch.options))
                    yield _dated_candles(basis, start, end, batch.now)


def _candles_of(candles: Wanted, day: date, monthly: bool) -> Series:
    path = file_path(candles.market, candles.folder, candles.symbol, "", day, monthly, candles.interval)
    return checked(path, candles.told)


def _dated_candles(basis: Wanted, start: datetime, end: datetime, now: datetime) -> Series:
    """Every quarterly of a pair, delivered or not, as far as its life is within the window."""
    for symbol in (yield from folders(f"{ROOTS[basis.market]}/daily/{basis.folder}/{basis.symbol}_")):
        since, until = _life_within(symbol, start, end)
        for day, monthly in by_month_or_day(days_of(since, until, now), now):
            yield from _candles_of(replace(basis, symbol=symbol), day, monthly)


def _life_within(symbol: str, start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The part of the window in which a contract could trade; empty for a folder that names no delivery."""
    try:
        delivery = datetime.strptime(symbol.rpartition("_")[2], "%y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return end, end
    return max(start, delivery - _LIFE), min(end, delivery + timedelta(days=1))


def _connector(
    feed: str, series: Callable[[Batch], Iterator[Series]], reach: str, trailing_days: int = TRAILING_DAYS
) -> Connector:
    return Connector(feed, series, "history", ("09:00",), reach, VISION.note, trailing_days, refuse)


CONNECTORS: tuple[Connector, ...] = (
    _connector("binance_funding_rates", _funding, "months since 2020-01", _MONTHS_TRAILING_DAYS),
    _connector("binance_metrics", _metrics, "days since 2020-09-01; coins other than BTC since 2021-12-01"),
    _connector("binance_klines_dump", _candles, "spot since 2017-08, USD-M since 2019-09, COIN-M since 2020"),
)
