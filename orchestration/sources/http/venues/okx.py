"""OKX: instruments, marks, indexes, option chains, funding, open interest and deliveries.

Belongs here: what is asked for which feed, and when. Does not belong here: candles (`okx_candles.py`), paging and
errors (`okx_api.py`), or reading the bodies (`transforms/parse/okx*.py`). From FEEDS_VENUES §4.

Options: `candle_intervals` (default 1h and 1d).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from orchestration.sources.http.contract import Batch, Connector, Request, Series, millis, one
from orchestration.sources.http.venues import okx_api as api
from orchestration.sources.http.venues import okx_candles
from orchestration.sources.http.venues.spans import settled

LIMITS = api.LIMITS

_TRAILING_DAYS = 7
_DELIVERY_PAGE, _OPEN_INTEREST_PAGE, _FUNDING_PAGE = 100, 100, 400
_THREE_MONTHS = timedelta(days=92)
_HOUR = timedelta(hours=1)
_POINTS = 1440
_DAILY_SINCE = datetime(2024, 1, 1, tzinfo=UTC)
_QUOTES = ("USD", "USDT")


def _families(batch: Batch) -> list[str]:
    """Option families: margined in coin, and since 2025 in dollars."""
    return [f"{asset}-{quote}" for asset in batch.assets for quote in ("USD", "USD_UM")]


def _instruments(batch: Batch) -> Iterable[Series]:
    for kind in ("SWAP", "FUTURES"):
        yield one(api.asked("public/instruments", {"instType": kind}))
    for family in _families(batch):
        yield one(api.asked("public/instruments", {"instType": "OPTION", "instFamily": family}))


def _mark_prices(batch: Batch) -> Iterable[Series]:
    return [one(api.asked("public/mark-price", {"instType": kind})) for kind in ("SWAP", "FUTURES")]


def _index_tickers(batch: Batch) -> Iterable[Series]:
    return [one(api.asked("market/index-tickers", {"quoteCcy": quote})) for quote in _QUOTES]


def _open_interest(batch: Batch) -> Iterable[Series]:
    return [one(api.asked("public/open-interest", {"instType": kind})) for kind in ("SWAP", "FUTURES")]


def _option_summary(batch: Batch) -> Iterable[Series]:
    return [one(api.asked("public/opt-summary", {"instFamily": family})) for family in _families(batch)]


def _funding(batch: Batch) -> Iterable[Series]:
    start, end = settled(batch, _TRAILING_DAYS)
    start = max(start, batch.now - _THREE_MONTHS)
    if start >= end:
        return
    for asset in batch.assets:
        for quote in _QUOTES:
            yield _funding_of(f"{asset}-{quote}-SWAP", start, end)
        yield _x_perp_funding(asset, start, end)


def _funding_of(symbol: str, start: datetime, end: datetime, *, missing_ok: bool = False) -> Series:
    """No venue of the time pays more often than hourly: the page is as large as the window may need."""
    limit = min(_FUNDING_PAGE, (end - start) // _HOUR + 2)

    def request(bound: int) -> Request:
        params = {"instId": symbol, "after": str(bound), "limit": str(limit)}
        return api.asked("public/funding-rate-history", params, missing_ok=missing_ok)

    bounds = int(millis(start)), int(millis(end))
    yield from api.backwards(request, *bounds, limit, lambda row: int(row["fundingTime"]))


def _x_perp_funding(asset: str, start: datetime, end: datetime) -> Series:
    """X-Perps stand among the futures and pay funding; their ids hold an expiry, so they are looked up."""
    rows = api.rows_of((yield api.asked("public/instruments", {"instType": "FUTURES"}, lands=False)))
    for symbol in sorted({str(row.get("instId")) for row in rows}):
        if symbol.startswith(f"{asset}-") and okx_candles.X_PERP in symbol:
            yield from _funding_of(symbol, start, end, missing_ok=True)


def _open_interest_history(batch: Batch) -> Iterable[Series]:
    """Hours as far as they reach, days of UTC before that; the row of the running period comes along."""
    start, end = batch.window(_TRAILING_DAYS)
    hours_from = _midnight(batch.now - _POINTS * _HOUR) + timedelta(days=1)
    spans = (
        ("1H", max(start, hours_from), min(end + _HOUR, batch.now)),
        ("1Dutc", max(start, _DAILY_SINCE), min(end, hours_from)),
    )
    for asset in batch.assets:
        for quote in ("USDT", "USD"):
            for period, first, last in spans:
                if first < last:
                    yield _open_interest_of(f"{asset}-{quote}-SWAP", period, first, last)


def _midnight(instant: datetime) -> datetime:
    return instant.replace(hour=0, minute=0, second=0, microsecond=0)


def _open_interest_of(symbol: str, period: str, first: datetime, last: datetime) -> Series:
    """Points from `first` up to and without `last`, whether the venue counts its bounds in or out."""
    begin, end = int(millis(first)), int(millis(last))

    def request(bound: int) -> Request:
        params = {
            "instId": symbol, "period": period, "begin": str(begin - 1), "end": str(bound),
            "limit": str(_OPEN_INTEREST_PAGE),
        }  # fmt: skip
        told = {"inst_id": symbol, "period": period}
        return api.asked("rubik/stat/contracts/open-interest-history", params, told)

    yield from api.backwards(request, begin, end - 1, _OPEN_INTEREST_PAGE, lambda row: int(row[0]), step=1)


def _delivery_history(batch: Batch) -> Iterable[Series]:
    start, end = batch.window(_TRAILING_DAYS)
    start = max(start, batch.now - _THREE_MONTHS)
    if start < end:
        for asset in batch.assets:
            for quote in _QUOTES:
                yield _deliveries(f"{asset}-{quote}", start, end)


def _deliveries(family: str, start: datetime, end: datetime) -> Series:
    yield from okx_candles.deliveries(family, start, end, _DELIVERY_PAGE)


_NOTE = "per endpoint 10, 20 or 40 requests in 2 s per address"

CONNECTORS: tuple[Connector, ...] = (
    Connector("okx_instruments", _instruments, "document", ("08:10",), "listed contracts only", _NOTE,
              refuse=api.refuse),
    Connector("okx_mark_prices", _mark_prices, "snapshot", ("23:55",), "now only", _NOTE, refuse=api.refuse),
    Connector("okx_index_tickers", _index_tickers, "snapshot", ("23:55",), "now only", _NOTE, refuse=api.refuse),
    Connector("okx_open_interest", _open_interest, "snapshot", ("23:55",), "now only", _NOTE, refuse=api.refuse),
    Connector("okx_option_summary", _option_summary, "snapshot", ("08:20", "23:50"), "now only", _NOTE,
              refuse=api.refuse),
    Connector("okx_funding_history", _funding, "history", ("00:20",), "about three months", _NOTE,
              trailing_days=_TRAILING_DAYS, refuse=api.refuse),
    Connector("okx_open_interest_history", _open_interest_history, "history", ("00:25",),
              "60 days of hours, days since 2024-01-01", _NOTE, trailing_days=_TRAILING_DAYS, refuse=api.refuse),
    Connector("okx_candles", okx_candles.series, "history", ("00:30",), "years; expired futures unverified", _NOTE,
              trailing_days=okx_candles.TRAILING_DAYS, refuse=api.refuse),
    Connector("okx_delivery_history", _delivery_history, "history", ("08:30",), "three months", _NOTE,
              trailing_days=_TRAILING_DAYS, refuse=api.refuse),
)  # fmt: skip
