"""OKX v5's public data: requests, its errors inside a 200, and paging back in time.

Belongs here: what every request to OKX shares. Does not belong here: which feeds are asked for what (`okx.py`), or
reading the rows (`transforms/parse/okx*.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from orchestration.sources.http.contract import Limit, Reply, Request
from orchestration.sources.http.errors import Permanent, Transient, Unknown

BASE = "https://www.okx.com/api/v5/"

_THROTTLED = "50011"
_BUSY = ("50001", "50004", "50013", "50026")
_UNKNOWN_INSTRUMENT = "51001"
_BAD_PARAMETER = "51000"
_NAMES_A_PRODUCT = ("instfamily", "instid", "uly")

# Requests in two seconds per address, by endpoint. Endpoints of one pace share a budget, which is stricter.
_PACES: dict[int, tuple[str, ...]] = {
    40: ("public/delivery-exercise-history",),
    20: (
        "public/instruments",
        "public/open-interest",
        "public/opt-summary",
        "market/history-candles",
    ),
    10: (
        "public/mark-price",
        "public/funding-rate-history",
        "market/index-tickers",
        "market/history-index-candles",
        "market/history-mark-price-candles",
        "rubik/stat/contracts/open-interest-history",
    ),
}
LIMITS = tuple(Limit(f"okx.public_{pace}", pace, 2, f"{pace} requests in 2 s per address") for pace in _PACES)
_LIMIT_OF = {path: f"okx.public_{pace}" for pace, paths in _PACES.items() for path in paths}

Params = Mapping[str, str]
Rows = list[Any]


def refuse(reply: Reply) -> None:
    """Raise for an error of the venue's own: `code` is not "0", or `data` is no list."""
    body = reply.json()
    if not isinstance(body, dict) or "code" not in body:
        raise Permanent("okx: no `code`, so this is no answer of OKX v5")
    code, said = str(body["code"]), str(body.get("msg") or "")
    if code == _THROTTLED:
        raise Transient(f"okx: throttled (50011): {said}")
    if code in _BUSY:
        raise Transient(f"okx: {code}: {said}")
    is_of_product = any(word in said.lower() for word in _NAMES_A_PRODUCT)
    if code == _UNKNOWN_INSTRUMENT or (code == _BAD_PARAMETER and is_of_product):
        raise Unknown(f"okx: {code}: {said}")
    if code != "0":
        raise Permanent(f"okx: {code}: {said}")
    if not isinstance(body.get("data"), list):
        raise Permanent("okx: a good answer without a list for `data`")


def asked(
    path: str, params: Params, told: Params | None = None, *, lands: bool = True, missing_ok: bool = False
) -> Request:
    """A request to a path of the public data."""
    return Request(BASE + path, _LIMIT_OF[path], params, told or {}, lands=lands, missing_ok=missing_ok)


def rows_of(reply: Reply) -> Rows:
    """The rows of an answer that `refuse` let through; none of a 404."""
    return [] if reply.status == 404 else list(reply.json()["data"])


def backwards(
    request: Callable[[int], Request],
    start: int,
    bound: int,
    limit: int,
    stamp: Callable[[Any], int],
    step: int = 0,
) -> Generator[Request, Reply, Rows]:
    """Pages of a newest-first list back to `start` (milliseconds); returns the rows.

    `request` makes the request of the rows before a bound, `stamp` is a row's instant; the next bound lies
    `step` before the oldest row, for endpoints whose bound is part of the page. Stops at a short page or at
    the start; raises `Permanent` where a page is no older than the one before.
    """
    rows: Rows = []
    while True:
        page = request(bound)
        found = rows_of((yield page))
        rows += found
        if len(found) < limit:
            return rows
        oldest = min(stamp(row) for row in found)
        if oldest <= start:
            return rows
        if oldest - step >= bound:
            raise Permanent(f"okx: {page.url} gives rows no older than the page before")
        bound = oldest - step
