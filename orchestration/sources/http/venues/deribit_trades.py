"""Deribit's trades of futures, among them every liquidation: from the main host, and older ones from the history host.

Belongs here: pages of trades, moving on by stamp and id, which host. Does not belong here: which trades are
liquidations (`transforms/parse/deribit_series.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from orchestration.sources.http.contract import Batch, Limit, Reply, Request, Series, millis
from orchestration.sources.http.errors import Permanent

BASE = "https://www.deribit.com/api/v2/public"
HISTORY_BASE = "https://history.deribit.com/api/v2/public"
PUBLIC = "deribit.public"
HISTORY_LIMIT = Limit("deribit.history", 5, 1, "undocumented; a quarter of what the main host grants")
LINEAR = "USDC"
_OWN = ("BTC", "ETH")
_COUNT = 1_000
# Of a day's trades a few in ten thousand are liquidations: pages without one are not kept.
LIQUIDATION = '"liquidation"'
# The main host keeps trades for 24 hours; the other one indexes them after a short while.
_RECENT = timedelta(hours=20)


def currencies(assets: tuple[str, ...]) -> list[str]:
    """What Deribit groups its futures and options of these coins by: their own currency, and USDC for all."""
    return [*(asset for asset in _OWN if asset in assets), LINEAR]


def series(batch: Batch) -> Iterator[Series]:
    """One series per currency. Nothing is fetched again: a print is final, and a day is hundreds of pages."""
    start, end = batch.window()
    for currency in currencies(batch.assets):
        yield _trades(currency, start, end, batch.now - _RECENT)


def _trades(currency: str, start: datetime, end: datetime, recent_from: datetime) -> Series:
    if start < recent_from:
        yield from _pages(HISTORY_BASE, HISTORY_LIMIT.name, currency, start, min(end, recent_from))
    if end > recent_from:
        yield from _pages(BASE, PUBLIC, currency, max(start, recent_from), end)


def _pages(base: str, limit: str, currency: str, start: datetime, end: datetime) -> Series:
    """Pages by rising id until `has_more` is false.

    The next page starts at the last stamp, not behind it: trades of the same millisecond may be cut by the
    page's end. A page that says there is more and brings nothing new is an error.
    """
    since, until = int(millis(start)), int(millis(end)) - 1
    seen: set[str] = set()
    while since <= until:
        span = {"start_timestamp": str(since), "end_timestamp": str(until)}
        params = {"currency": currency, "kind": "future", **span, "count": str(_COUNT), "sorting": "asc"}
        url, told = f"{base}/get_last_trades_by_currency_and_time", {"currency": currency}
        reply = yield Request(url, limit, params, told, marker=LIQUIDATION)
        trades, has_more = _page(reply)
        if not has_more:
            return
        last = int(trades[-1]["timestamp"]) if trades else 0
        if last < since or {_id(trade) for trade in trades} <= seen:
            raise Permanent(f"trades of {currency}: the page from {since} on says there is more and does not move on")
        since, seen = last, {_id(trade) for trade in trades if int(trade["timestamp"]) == last}


def _id(trade: dict[str, Any]) -> str:
    return str(trade.get("trade_id"))


def _page(reply: Reply) -> tuple[list[dict[str, Any]], bool]:
    found = reply.json().get("result")
    if not isinstance(found, dict) or not isinstance(found.get("trades"), list):
        raise Permanent(f"{reply.request.url}: an answer without `result.trades`")
    return found["trades"], bool(found.get("has_more"))
