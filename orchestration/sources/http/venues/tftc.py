"""TFTC's file of bitcoin ETF flows.

Belongs here: its address. Does not belong here: reading it (`transforms/parse/tftc.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.sources.http.contract import Batch, Connector, Limit, Request, Series, one
from orchestration.sources.http.vendors import needs, told_of_etf

_FILES = "tftc.files"
_URL = "https://www.tftc.io/bitcoin-etf-flows/data.json"
_ASSET = "BTC"

LIMITS: tuple[Limit, ...] = (Limit(_FILES, 6, 60, "none published: a request every ten seconds", spread=True),)


def etf_flows(batch: Batch) -> Iterable[Series]:
    """One file with all days; TFTC has none for other assets."""
    if _ASSET not in batch.assets:
        return []
    return [one(Request(_URL, _FILES, told=told_of_etf(batch, _ASSET)))]


CONNECTORS: tuple[Connector, ...] = (
    Connector(
        feed="tftc_etf_flows",
        series=etf_flows,
        kind="document",
        due=("08:00",),
        reach="since 2024-01-11",
        limit_note="none published",
        refuse=needs("days"),
    ),
)
