"""Circle's statement of its stablecoins.

Belongs here: its address and its limit. Does not belong here: reading it (`transforms/parse/circle.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.sources.http.contract import Batch, Connector, Limit, Request, Series, one
from orchestration.sources.http.vendors import needs

_STABLECOINS = "circle.stablecoins"
_URL = "https://api.circle.com/v1/stablecoins"

LIMITS: tuple[Limit, ...] = (
    Limit(_STABLECOINS, 1, 60, "one call a minute and address; a 429 can stand for twenty minutes"),
)


def stablecoins(batch: Batch) -> Iterable[Series]:
    """The statement of now."""
    return [one(Request(_URL, _STABLECOINS))]


CONNECTORS: tuple[Connector, ...] = (
    Connector(
        feed="circle_stablecoins",
        series=stablecoins,
        kind="snapshot",
        due=("00:12",),
        reach="none: the statement of now",
        limit_note="one call a minute and address",
        refuse=needs("data"),
    ),
)
