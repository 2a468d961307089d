"""Bybit v5's public market data: requests, its errors inside a 200, and its two ways of paging.

Belongs here: what every request to Bybit shares. Does not belong here: which feeds are asked for what
(`bybit.py`), or reading the rows (`transforms/parse/bybit*.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestration.sources.http.contract import Limit, Reply, Request, Series
from orchestration.sources.http.errors import Permanent, Transient, Unknown

BASE = "https://api.bybit.com/v5/market/"
LIMIT = Limit("bybit.public", 600, 5, "600 requests in 5 s per address; beyond it a 403 for ten minutes")

_THROTTLED = 10006
_BAD_PARAMETER = 10001
_TRY_AGAIN = (10000, 10016)
_NAMES_A_PRODUCT = ("symbol", "coin")
_RESET_HEADER = "x-bapi-limit-reset-timestamp"

Params = Mapping[str, str]
Rows = list[Any]


def refuse(reply: Reply) -> None:
    """Raise for an error of the venue's own: `retCode` is not 0, or there is no `result.list`."""
    body = reply.json()
    if not isinstance(body, dict) or "retCode" not in body:
        raise Permanent("bybit: no `retCode`, so this is no answer of Bybit v5")
    code, said = int(body["retCode"]), str(body.get("retMsg") or "")
    if code == _THROTTLED:
        raise Transient(f"bybit: throttled (10006): {said}", _seconds_to_reset(reply))
    if code in _TRY_AGAIN:
        raise Transient(f"bybit: {code}: {said}")
    if code == _BAD_PARAMETER and any(word in said.lower() for word in _NAMES_A_PRODUCT):
        raise Unknown(f"bybit: 10001: {said}")
    if code != 0:
        raise Permanent(f"bybit: {code}: {said}")
    result = body.get("result")
    if not isinstance(result, dict) or not isinstance(result.get("list"), list):
        raise Permanent("bybit: a good answer without `result.list`")


def _seconds_to_reset(reply: Reply) -> float | None:
    stamp = reply.headers.get(_RESET_HEADER, "")
    if not stamp.isdigit():
        return None
    reset_at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(stamp))
    return max(0.0, (reset_at - reply.received_at).total_seconds())


def asked(
    path: str, params: Params, told: Params | None = None, *, lands: bool = True, missing_ok: bool = False
) -> Request:
    """A request to a path of the market data."""
    return Request(BASE + path, LIMIT.name, params, told or {}, lands=lands, missing_ok=missing_ok)


def result_of(reply: Reply) -> tuple[Rows, str]:
    """Rows and the cursor to the next page ("": none) of an answer that `refuse` let through; none of a 404."""
    if reply.status == 404:
        return [], ""
    result = reply.json()["result"]
    return result["list"], str(result.get("nextPageCursor") or "")


def by_cursor(
    path: str, params: Params, told: Params | None = None, *, lands: bool = True
) -> Generator[Request, Reply, Rows]:
    """All pages of a list by their cursor; returns the rows. Raises `Permanent` where a cursor comes back."""
    rows: Rows = []
    seen: set[str] = set()
    cursor = ""
    while True:
        page = {**params, "cursor": cursor} if cursor else params
        found, cursor = result_of((yield asked(path, page, told, lands=lands)))
        rows += found
        if not cursor or not found:
            return rows
        move_on(cursor, seen, path)


def move_on(cursor: str, seen: set[str], path: str) -> None:
    """Add a cursor to those seen. Raises `Permanent` where it was: the pages go round in a circle."""
    if cursor in seen:
        raise Permanent(f"bybit: {path} gives the cursor of an earlier page again")
    seen.add(cursor)


def backwards(
    request: Callable[[int], Request], span: tuple[int, int], limit: int, stamp: Callable[[Any], int]
) -> Series:
    """Pages of a newest-first list from the end of `span` (milliseconds) back to its start.

    `request` makes the request of a page by its last millisecond, `stamp` is a row's. Stops at a short
    page or at the start; raises `Permanent` where a page is no older than the one before.
    """
    start, end = span
    while True:
        page = request(end)
        rows, _ = result_of((yield page))
        if len(rows) < limit:
            return
        oldest = min(stamp(row) for row in rows)
        if oldest > end:
            raise Permanent(f"bybit: {page.url} gives rows later than the end that was asked for")
        if oldest <= start:
            return
        end = oldest - 1
