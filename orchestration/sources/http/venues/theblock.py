"""The Block's charts of ETF flows.

Belongs here: where a chart is. Does not belong here: reading it (`transforms/parse/theblock.py`). The interface
is undocumented, and the charts have moved once: the former path is tried where the present one has none.
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.sources.http.contract import Batch, Connector, Limit, Request, Series
from orchestration.sources.http.vendors import needs, told_of_etf

_CHARTS = "theblock.charts"
_BASE = "https://www.theblock.co/api/charts/chart"
_NAMES = {"BTC": "bitcoin", "ETH": "ethereum"}

LIMITS: tuple[Limit, ...] = (Limit(_CHARTS, 6, 60, "none published: a request every ten seconds", spread=True),)


def etf_flows(batch: Batch) -> Iterable[Series]:
    """A chart per asset."""
    return [_chart(batch, asset, name) for asset, name in _NAMES.items() if asset in batch.assets]


def _chart(batch: Batch, asset: str, name: str) -> Series:
    chart, told = f"{name}-etf/spot-{name}-etf-flows", told_of_etf(batch, asset)
    reply = yield Request(f"{_BASE}/etfs/{chart}", _CHARTS, told=told, missing_ok=True)
    if reply.status == 404:
        yield Request(f"{_BASE}/crypto-markets/{chart}", _CHARTS, told=told)


CONNECTORS: tuple[Connector, ...] = (
    Connector(
        feed="theblock_etf_flows",
        series=etf_flows,
        kind="document",
        due=("08:00",),
        reach="since the funds' launch; late fills may be missing",
        limit_note="none published; undocumented interface",
        refuse=needs("jsonFile"),
    ),
)
