"""Tardis.dev: CSV files of a day, of the exchanges whose units are known.

Belongs here: which files there are and which are asked for. Does not belong here: what is in them
(`transforms/parse/tardis*.py`). From FEEDS_VENUES §12. Without a key the first of every month is free, and nothing
else is asked for.

Options: `has_key` (set where TARDIS_API_KEY is in the environment), `liquidation_exchanges`, `ticker_exchanges`
(default Deribit, for its files are large), `options_chain_exchanges` (default none: a day of Deribit is larger than
the bodies that are taken), `symbols` (default: perpetuals and futures on the assets).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from orchestration.sources.http.contract import Batch, Connector, Limit, Reply, Request, Secret, Series
from orchestration.sources.http.errors import Permanent
from orchestration.sources.http.venues.choices import several

KEY = Secret("TARDIS_API_KEY", "header", "Authorization", "Bearer ")
LIMITS = (Limit("tardis.files", 5, 1, "none documented; our own moderation"),)

_FILES = "https://datasets.tardis.dev/v1/"
_DETAILS = "https://api.tardis.dev/v1/exchanges/"
# The file of yesterday may not be there yet; it is asked for again on the next day.
_TRAILING_DAYS = 1
_LIQUIDATION_EXCHANGES = (
    "deribit", "binance-futures", "binance-delivery", "bybit", "okex-swap", "okex-futures", "cryptofacilities",
)  # fmt: skip
_TICKER_EXCHANGES = ("deribit",)
_KINDS = ("perpetual", "future")
_ALL_OPTIONS = "OPTIONS"
_ALIASES = {"BTC": "BTC|XBT"}


def _days(batch: Batch) -> Iterator[date]:
    """Days of the batch and the one before; without a key only firsts of months."""
    day = batch.first - timedelta(days=_TRAILING_DAYS)
    while day <= batch.last:
        if batch.options.get("has_key") or day.day == 1:
            yield day
        day += timedelta(days=1)


def _liquidations(batch: Batch) -> Iterable[Series]:
    return _of_contracts(batch, "liquidations", several(batch, "liquidation_exchanges", _LIQUIDATION_EXCHANGES))


def _tickers(batch: Batch) -> Iterable[Series]:
    return _of_contracts(batch, "derivative_ticker", several(batch, "ticker_exchanges", _TICKER_EXCHANGES))


def _of_contracts(batch: Batch, kind: str, exchanges: Iterable[str]) -> Iterable[Series]:
    """A series per exchange and day, so that a long window does not hold all its files at once."""
    return [_contracts(batch, kind, exchange, day) for exchange in exchanges for day in _days(batch)]


def _contracts(batch: Batch, kind: str, exchange: str, day: date) -> Series:
    datasets = _datasets((yield _details(exchange)))
    if _is_exported(datasets, day):
        for symbol in _symbols(batch, datasets, kind, day):
            yield _file(batch, exchange, kind, day, symbol)


def _options_chain(batch: Batch) -> Iterable[Series]:
    for exchange in several(batch, "options_chain_exchanges", ()):
        for day in _days(batch):
            yield _chain(batch, exchange, day)


def _chain(batch: Batch, exchange: str, day: date) -> Series:
    if _is_exported(_datasets((yield _details(exchange))), day):
        yield _file(batch, exchange, "options_chain", day, _ALL_OPTIONS)


def _details(exchange: str) -> Request:
    return Request(_DETAILS + exchange, "tardis.files", lands=False)


def refuse(reply: Reply) -> None:
    """Raise for details of an exchange that do not say what there is; files have their status alone."""
    if reply.status == 200 and reply.request.url.startswith(_DETAILS):
        body = reply.json()
        if not isinstance(body, dict) or not isinstance(body.get("datasets"), dict):
            raise Permanent(f"tardis: {reply.request.url} does not say which files there are")


def _datasets(reply: Reply) -> dict[str, Any]:
    found: dict[str, Any] = reply.json()["datasets"]
    return found


def _file(batch: Batch, exchange: str, kind: str, day: date, symbol: str) -> Request:
    """A file of a day; a symbol without that kind of data has none, and an empty gzip is a day without events."""
    name = re.sub("[/:]", "-", symbol.upper())
    return Request(
        f"{_FILES}{exchange}/{kind}/{day:%Y/%m/%d}/{name}.csv.gz",
        "tardis.files",
        body="gzip",
        secret=KEY if batch.options.get("has_key") else None,
        missing_ok=True,
    )


def _is_exported(datasets: dict[str, Any], day: date) -> bool:
    """Whether the day's files are there; they come about six hours after the day is over."""
    until = _day(datasets.get("exportedUntil"))
    return until is None or day < until


def _symbols(batch: Batch, datasets: dict[str, Any], kind: str, day: date) -> list[str]:
    """Contracts of that day with that kind of data: those of the options, else the futures on the assets."""
    wanted = several(batch, "symbols", ())
    on_assets = _on(batch.assets)
    found = []
    for row in datasets.get("symbols") or []:
        symbol, since, until = str(row.get("id")), _day(row.get("availableSince")), _day(row.get("availableTo"))
        is_wanted = symbol in wanted if wanted else row.get("type") in _KINDS and bool(on_assets.match(symbol))
        is_there = (since is None or since <= day) and (until is None or day <= until)
        if is_wanted and is_there and kind in row.get("dataTypes", (kind,)):
            found.append(symbol)
    return sorted(set(found))


def _on(assets: Iterable[str]) -> re.Pattern[str]:
    """Names of futures on the assets: BTC-PERPETUAL, BTCUSDT, PF_XBTUSD, BTC-USD-SWAP; not BTCDOMUSDT or SOLVUSDT."""
    codes = "|".join(_ALIASES.get(asset, asset) for asset in assets)
    month = r"[FGHJKMNQUVXZ]\d\d"
    dollars = rf"USD(?:[TC]|{month})?(?![A-Z])"
    return re.compile(rf"(?:[FP][FI]_)?(?:{codes})(?:[-_/]|{dollars}|PERP$|{month})", re.IGNORECASE)


def _day(text: Any) -> date | None:
    try:
        return datetime.fromisoformat(str(text)).date() if text else None
    except ValueError:
        return None


_NOTE = "no limit documented; files of one day at a time, 5 requests a second"
_REACH = "since 2019 or later by exchange; without a key the first of every month"

CONNECTORS: tuple[Connector, ...] = (
    Connector("tardis_liquidations", _liquidations, "history", ("06:30",), _REACH, _NOTE, _TRAILING_DAYS, refuse),
    Connector("tardis_derivative_ticker", _tickers, "history", ("06:30",), _REACH, _NOTE, _TRAILING_DAYS, refuse),
    Connector("tardis_options_chain", _options_chain, "history", ("06:30",), _REACH, _NOTE, _TRAILING_DAYS, refuse),
)
