"""Hyperliquid: funding history, contexts of all perpetuals, candles.

Belongs here: what is asked of Hyperliquid and what it weighs. Does not belong here: field meanings
(`transforms/parse/hyperliquid*.py`), builders' markets (HIP-3: only coins of the allow-list are asked for), or
the archive, which takes credentials.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestration.sources.http.contract import Batch, Connector, Limit, Reply, Request, Series, one
from orchestration.sources.http.errors import Permanent, Transient, Unknown
from orchestration.sources.http.venues.spans import HOUR, instant, settled

URL = "https://api.hyperliquid.xyz/info"
LIMITS: tuple[Limit, ...] = (Limit("hyperliquid.info", 1_200, 60, "1,200 weight a minute per address; no headers"),)
_NOTE = "1,200 weight a minute: 20 a call, and 1 for 20 settlements or 60 candles"
_CALL_WEIGHT = 20
_FUNDING_ROWS, _FUNDING_ROWS_PER_WEIGHT = 500, 20
_CANDLE_ROWS, _CANDLE_ROWS_PER_WEIGHT = 5_000, 60
_TRAILING_DAYS = 7
_INTERVAL = "1h"
_FROM = datetime(2023, 5, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def refuse(reply: Reply) -> None:
    """Raise for `null`, which is what an unknown coin gives; errors else are plain text with status 422."""
    if reply.content.strip() == b"null":
        raise Unknown("Hyperliquid knows no such coin")


def refuse_contexts(reply: Reply) -> None:
    """Raise `Transient` where names and contexts cannot be joined by position: the next answer may be whole."""
    refuse(reply)
    if reply.status != 200:
        return
    body = reply.json()
    universe = body[0].get("universe") if isinstance(body, list) and body and isinstance(body[0], dict) else None
    is_whole = isinstance(universe, list) and len(body) == 2 and len(universe) == len(body[1])
    if not is_whole:
        raise Transient("Hyperliquid's names and contexts are not two lists of one length")


def _ask(body: dict[str, Any], rows: float = 0, per_weight: int = 1) -> Request:
    """A call for at most so many rows; the weight is known before the answer."""
    return Request(URL, "hyperliquid.info", json_body=body, weight=_CALL_WEIGHT + math.ceil(rows / per_weight))


def _contexts(batch: Batch) -> Iterator[Series]:
    yield one(_ask({"type": "metaAndAssetCtxs"}))


def _funding(batch: Batch) -> Iterator[Series]:
    start, end = settled(batch, _TRAILING_DAYS)
    for coin in batch.assets:
        yield _funding_of(coin, max(start, _FROM), end)


def _funding_of(coin: str, start: datetime, end: datetime) -> Series:
    """Ascending, 500 a page; the next page starts a millisecond after the last settlement."""
    while start < end:
        rows = min(_FUNDING_ROWS, (end - start) / HOUR + 1)
        span = {"startTime": _millis(start), "endTime": _millis(end)}
        reply = yield _ask({"type": "fundingHistory", "coin": coin, **span}, rows, _FUNDING_ROWS_PER_WEIGHT)
        found = reply.json()
        if len(found) < _FUNDING_ROWS:
            return
        following = max(instant(float(row["time"])) for row in found) + _MILLISECOND
        if following <= start:
            raise Permanent(f"funding of {coin}: a full page from {start.isoformat()} on does not move on")
        start = following


def _candles(batch: Batch) -> Iterator[Series]:
    """The latest 5,000 candles are all there are, so nothing is asked for before them: one page holds the rest."""
    start, end = batch.window(_TRAILING_DAYS)
    start = max(start, batch.now - _CANDLE_ROWS * HOUR)
    if start >= end:
        return
    for coin in batch.assets:
        span = {"startTime": _millis(start), "endTime": _millis(end) - 1}
        body = {"type": "candleSnapshot", "req": {"coin": coin, "interval": _INTERVAL, **span}}
        yield one(_ask(body, (end - start) / HOUR + 1, _CANDLE_ROWS_PER_WEIGHT))


def _millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


CONNECTORS: tuple[Connector, ...] = (
    Connector(
        "hyperliquid_funding_history",
        _funding,
        "history",
        ("00:20",),
        "every settlement since listing",
        _NOTE,
        _TRAILING_DAYS,
        refuse,
    ),
    Connector(
        "hyperliquid_asset_contexts",
        _contexts,
        "snapshot",
        ("23:55",),
        "none: what is true of its own minute",
        _NOTE,
        refuse=refuse_contexts,
    ),
    Connector(
        "hyperliquid_candles",
        _candles,
        "history",
        ("00:30",),
        "the latest 5,000 hours",
        _NOTE,
        _TRAILING_DAYS,
        refuse,
    ),
)
