"""Tether's transparency page.

Belongs here: its address. Does not belong here: reading it (`transforms/parse/tether.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.sources.http.contract import Batch, Connector, Limit, Request, Series, one
from orchestration.sources.http.vendors import needs

_FILES = "tether.files"
_URL = "https://app.tether.to/transparency.json"

LIMITS: tuple[Limit, ...] = (Limit(_FILES, 6, 60, "none published: a request every ten seconds", spread=True),)


def transparency(batch: Batch) -> Iterable[Series]:
    """The statement of now."""
    return [one(Request(_URL, _FILES))]


CONNECTORS: tuple[Connector, ...] = (
    Connector(
        feed="tether_transparency",
        series=transparency,
        kind="snapshot",
        due=("00:10",),
        reach="none: the statement of now",
        limit_note="none published",
        refuse=needs("data"),
    ),
)
