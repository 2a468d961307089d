"""Coin Metrics' community API: exchange flows.

Belongs here: the query, its pages, and its errors. Does not belong here: reading the rows
(`transforms/parse/coinmetrics.py`). History changes as addresses are labelled, so a month is fetched again.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from orchestration.sources.http.contract import Batch, Connector, Limit, Reply, Request, Series
from orchestration.sources.http.errors import Permanent, Transient
from orchestration.sources.http.vendors import answer_of, parted, whence
from orchestration.sources.http.venues.choices import several

_COMMUNITY = "coinmetrics.community"
_URL = "https://community-api.coinmetrics.io/v4/timeseries/asset-metrics"
_FREE_ASSETS = ("BTC", "ETH")
_METRICS = ("FlowInExNtv", "FlowInExUSD", "FlowOutExNtv", "FlowOutExUSD", "SplyExNtv", "SplyExUSD")
_PAGE_SIZE = "10000"
_TRAILING_DAYS = 30

LIMITS: tuple[Limit, ...] = (Limit(_COMMUNITY, 10, 6, "10 requests in 6 seconds and address"),)


def exchange_flows(batch: Batch) -> Iterable[Series]:
    """Flows of all assets that are free (the others would fail the whole request); option `metrics`."""
    assets = [asset.lower() for asset in _FREE_ASSETS if asset in batch.assets]
    return [_pages(batch, assets)] if assets else []


def _pages(batch: Batch, assets: list[str]) -> Series:
    start, _ = batch.window(_TRAILING_DAYS)
    params = {
        "assets": ",".join(assets),
        "metrics": ",".join(several(batch, "metrics", _METRICS)),
        "frequency": "1d",
        "start_time": start.date().isoformat(),
        "end_time": batch.last.isoformat(),
        "page_size": _PAGE_SIZE,
        "paging_from": "start",
    }
    reply = yield Request(_URL, _COMMUNITY, params)
    seen: set[str] = set()
    while following := reply.json().get("next_page_url"):
        if following in seen:
            raise Permanent(f"{whence(reply)}: the page after the next is one that came before")
        seen.add(following)
        if urlsplit(following)[:2] != urlsplit(_URL)[:2]:
            raise Permanent(f"{whence(reply)}: the next page is at another host: {urlsplit(following).netloc}")
        reply = yield Request(parted(following)[0], _COMMUNITY, parted(following)[1])


def refuse(reply: Reply) -> None:
    """Raise Permanent for the vendor's error, with its words, and Transient for a page without rows."""
    body = answer_of(reply)
    if isinstance(body, dict) and body.get("error"):
        said = body["error"] if isinstance(body["error"], dict) else {"message": body["error"]}
        text = f"{whence(reply)}: Coin Metrics says {said.get('type')}: {said.get('message')}"[:300]
        raise Transient(text) if reply.status == 429 or reply.status >= 500 else Permanent(text)
    if reply.status < 400 and not (isinstance(body, dict) and body.get("data")):
        raise Transient(f"{whence(reply)}: the page has no rows")


CONNECTORS: tuple[Connector, ...] = (
    Connector(
        feed="coinmetrics_exchange_flows",
        series=exchange_flows,
        kind="history",
        due=("05:30",),
        reach="all history of BTC and ETH",
        limit_note="10 requests in 6 seconds",
        trailing_days=_TRAILING_DAYS,
        refuse=refuse,
    ),
)
