"""FRED's macro series: the chart download without a key, and the API where there is one.

Belongs here: which series are asked for, paging and windows. Does not belong here: what a series is
(`schemas/macro.py`) or reading it (`transforms/parse/fred.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from orchestration.sources.http.contract import Batch, Connector, Limit, Reply, Request, Secret, Series, one
from orchestration.sources.http.errors import Permanent, Transient
from orchestration.sources.http.vendors import answer_of, whence
from orchestration.sources.http.venues.choices import several
from schemas.macro import MACRO_SERIES

_GRAPH, _API = "fred.graph", "fred.api"
_GRAPH_URL = "https://fred.stlouisfed.org/graph/fredgraph.csv"
_API_URL = "https://api.stlouisfed.org/fred/series/observations"
_KEY = Secret("FRED_API_KEY", "query", "api_key")
_PAGE = 100_000
_HEADERS = (b"observation_date,", b"DATE,")
# Weekly levels come a week late, and an empty row is settled after ten days.
TRAILING_DAYS = 14
_REACH = "each series' own history; SP500 and DJIA the last ten years"
_GRAPH_NOTE = "one request at a time, a second apart (robots.txt); parallel requests time out"
_API_NOTE = "120 requests a minute and key"

LIMITS: tuple[Limit, ...] = (
    Limit(_GRAPH, 1, 1.0, _GRAPH_NOTE, spread=True),
    Limit(_API, 120, 60, _API_NOTE),
)


def graph(batch: Batch) -> Iterable[Series]:
    """One request a series: several in one come as a zip. Option `series` names some of schemas/macro.py."""
    first, last = _days(batch)
    return [
        one(Request(_GRAPH_URL, _GRAPH, {"id": name, "cosd": first, "coed": last}, body="csv"))
        for name in _wanted(batch)
    ]


def api(batch: Batch) -> Iterable[Series]:
    """One series after the other, in pages."""
    first, last = _days(batch)
    return [_pages(name, first, last) for name in _wanted(batch)]


def _pages(series_id: str, first: str, last: str) -> Series:
    """Pages until `count` observations have come; a page of none before that does not move on."""
    offset, count = 0, 1
    while offset < count:
        reply = yield Request(
            _API_URL,
            _API,
            {
                "series_id": series_id,
                "file_type": "json",
                "observation_start": first,
                "observation_end": last,
                "limit": str(_PAGE),
                "offset": str(offset),
            },
            {"series_id": series_id},
            secret=_KEY,
        )
        body = reply.json()
        count, came = _count(body), len(body["observations"])
        if came == 0 and offset < count:
            raise Permanent(f"FRED {series_id}: a page at offset {offset} of {count} is empty")
        offset += came


def _count(body: dict[str, Any]) -> int:
    """How many observations there are; a body that does not say it is whole."""
    return int(body.get("count", len(body["observations"])))


def _wanted(batch: Batch) -> tuple[str, ...]:
    return several(batch, "series", tuple(series.series_id for series in MACRO_SERIES))


def _days(batch: Batch) -> tuple[str, str]:
    """First and last day, both included."""
    start, end = batch.window(TRAILING_DAYS)
    return start.date().isoformat(), (end - timedelta(microseconds=1)).date().isoformat()


def refuse_graph(reply: Reply) -> None:
    """Raise Transient for what is no whole table: its header names the date, and its last line ends."""
    head = reply.content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if reply.status < 400 and not (head.startswith(_HEADERS) and reply.content.endswith((b"\n", b"\r"))):
        raise Transient(f"{whence(reply)}: no table of observations, or cut short: {head[:60]!r}")


def refuse_api(reply: Reply) -> None:
    """An error is `error_code` and `error_message`, with the HTTP status of the code; else there are observations."""
    body = answer_of(reply)
    said = body if isinstance(body, dict) else {}
    if "error_code" in said:
        code = str(said["error_code"])
        text = f"{whence(reply)}: FRED says {code}: {said.get('error_message')}"[:300]
        raise Transient(text) if code.startswith(("429", "5")) else Permanent(text)
    if reply.status < 400 and not isinstance(said.get("observations"), list):
        raise Transient(f"{whence(reply)}: the answer has no observations")


CONNECTORS: tuple[Connector, ...] = (
    Connector(
        feed="fred_graph",
        series=graph,
        kind="history",
        due=("13:00",),
        reach=_REACH,
        limit_note=_GRAPH_NOTE,
        trailing_days=TRAILING_DAYS,
        refuse=refuse_graph,
    ),
    Connector(
        feed="fred_observations",
        series=api,
        kind="history",
        due=("13:00",),
        reach=_REACH,
        limit_note=_API_NOTE,
        trailing_days=TRAILING_DAYS,
        refuse=refuse_api,
        secrets=(_KEY.variable,),
    ),
)
