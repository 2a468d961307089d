"""Coinbase: products of its US futures exchange, and candles of spot pairs (Exchange) and futures (Advanced API).

Belongs here: what is asked of Coinbase, its budgets and page limits. Does not belong here: field meanings
(`transforms/parse/coinbase*.py`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from typing import Any

from orchestration.sources.http.contract import Batch, Connector, Limit, Reply, Request, Series
from orchestration.sources.http.errors import Permanent, Transient, Unknown
from orchestration.sources.http.venues.spans import HOUR, iso, pieces, said

EXCHANGE = "https://api.exchange.coinbase.com"
ADVANCED = "https://api.coinbase.com/api/v3/brokerage/market"
LIMITS: tuple[Limit, ...] = (
    Limit("coinbase.exchange", 10, 1, "10 requests a second per address, burst 15"),
    Limit("coinbase.advanced", 10, 1, "10 requests a second per address (unverified)"),
)
_NOTE = "10 requests a second per address"
_TRAILING_DAYS = 7
# The Exchange gives 300 rows a call, the Advanced API fewer than 350.
_SPAN = 300 * HOUR
_EXCHANGE_GRANULARITY, _ADVANCED_GRANULARITY = "3600", "ONE_HOUR"
# Bounds are counted in: a candle that starts at the end is the next window's.
_SECOND = timedelta(seconds=1)
_UNKNOWN = ("notfound", "not_found", "not found", "invalid product_id")


def refuse(reply: Reply) -> None:
    """Raise for an object that only tells of an error: `{"message": …}`, or `{"error": …, "message": …}`."""
    body = said(reply)
    if "products" in body or "candles" in body or not ("message" in body or "error" in body):
        return
    told = f"{body.get('error', '')} {body.get('message', '')}".strip()
    if "rate limit" in told.lower() or "too many" in told.lower():
        raise Transient(f"Coinbase answered: {told}")
    is_unknown = any(word in told.lower() for word in _UNKNOWN)
    raise (Unknown if is_unknown else Permanent)(f"Coinbase answered: {told}")


def _products(batch: Batch) -> Iterator[Series]:
    yield _landed_products()


def _landed_products() -> Series:
    yield from _all_products(lands=True)


def _all_products(lands: bool) -> Generator[Request, Reply, list[dict[str, Any]]]:
    """All futures; by the cursor where the answer says that there are more."""
    params = {"product_type": "FUTURE"}
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        asked = params if cursor is None else {**params, "cursor": cursor}
        body = (yield Request(f"{ADVANCED}/products", "coinbase.advanced", asked, lands=lands)).json()
        found += body.get("products") or []
        pages = body.get("pagination") or {}
        following = pages.get("next_cursor") if pages.get("has_next") else None
        if not following:
            return found
        if following == cursor:
            raise Permanent("the products' cursor stays the same")
        cursor = str(following)


def _candles(batch: Batch) -> Iterator[Series]:
    start, end = batch.window(_TRAILING_DAYS)
    for asset in batch.assets:
        yield _spot_candles(f"{asset}-USD", start, end)
    yield _future_candles(batch.assets, start, end)


def _spot_candles(product: str, start: datetime, end: datetime) -> Series:
    """`start` and `end` are heeded only together, and more than 300 rows are refused."""
    for since, until in pieces(start, end, _SPAN):
        params = {"granularity": _EXCHANGE_GRANULARITY, "start": iso(since), "end": iso(until - _SECOND)}
        told = {"product_id": product, "granularity": _EXCHANGE_GRANULARITY}
        yield Request(f"{EXCHANGE}/products/{product}/candles", "coinbase.exchange", params, told)


def _future_candles(assets: tuple[str, ...], start: datetime, end: datetime) -> Series:
    """The candles of every listed future of these coins; expired ones are not in the list."""
    products = yield from _all_products(lands=False)
    for name, product in {str(product.get("product_id")): product for product in products}.items():
        details = product.get("future_product_details") or {}
        asset = str(details.get("contract_root_unit") or "").upper()
        if asset in assets and name.endswith("-CDE"):
            yield from _candles_of_future(name, asset, _kind(details), start, end)


def _kind(details: dict[str, Any]) -> str:
    """A future that pays funding is perpetual, whatever its expiry."""
    is_perpetual = details.get("funding_interval") or "PERP" in str(details.get("contract_display_name"))
    return "perpetual" if is_perpetual else "dated"


def _candles_of_future(product: str, asset: str, kind: str, start: datetime, end: datetime) -> Series:
    told = {"product_id": product, "granularity": _ADVANCED_GRANULARITY, "asset": asset, "instrument_kind": kind}
    for since, until in pieces(start, end, _SPAN):
        span = {"start": str(int(since.timestamp())), "end": str(int((until - _SECOND).timestamp()))}
        params = {**span, "granularity": _ADVANCED_GRANULARITY}
        yield Request(f"{ADVANCED}/products/{product}/candles", "coinbase.advanced", params, told)


CONNECTORS: tuple[Connector, ...] = (
    Connector(
        "coinbase_futures_products",
        _products,
        "snapshot",
        ("23:55",),
        "none: what is true of its own minute",
        _NOTE,
        refuse=refuse,
    ),
    Connector(
        "coinbase_candles",
        _candles,
        "history",
        ("00:30",),
        "hours since listing; expired futures vanish",
        f"{_NOTE}; 300 candles a call for spot, 350 for futures",
        _TRAILING_DAYS,
        refuse,
    ),
)
