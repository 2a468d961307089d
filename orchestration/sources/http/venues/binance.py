"""Binance: every connector and budget of the venue.

Belongs here: the list. Does not belong here: requests (`binance_futures.py`, `binance_klines.py`,
`binance_vision.py`) or what they share (`binance_shared.py`).
"""

from __future__ import annotations

from orchestration.sources.http.contract import Connector, Limit
from orchestration.sources.http.venues import binance_futures, binance_klines, binance_shared, binance_vision

LIMITS: tuple[Limit, ...] = binance_shared.LIMITS
CONNECTORS: tuple[Connector, ...] = (
    *binance_futures.CONNECTORS,
    *binance_klines.CONNECTORS,
    *binance_vision.CONNECTORS,
)
