"""The connectors, one module per venue or vendor, and their registry.

Belongs here: which modules there are. Does not belong here: what any of them asks for.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from orchestration.sources.http.contract import Connector, Limit

_NAMES = (
    "binance", "bybit", "okx", "deribit", "kraken", "hyperliquid", "coinbase", "tardis",
    "farside", "tftc", "theblock", "ishares", "sosovalue", "coinglass", "defillama", "tether",
    "circle", "coinmetrics", "coingecko", "mempool", "fred",
)  # fmt: skip


def _modules() -> list[ModuleType]:
    return [import_module(f"{__name__}.{name}") for name in _NAMES]


def _registry() -> tuple[dict[str, Connector], dict[str, Limit]]:
    """Connectors by feed and limits by name. Raises `ValueError` where two modules claim the same."""
    connectors: dict[str, Connector] = {}
    limits: dict[str, Limit] = {}
    for module in _modules():
        for limit in module.LIMITS:
            if limits.setdefault(limit.name, limit) != limit:
                raise ValueError(f"two limits are named {limit.name}")
        for connector in module.CONNECTORS:
            if connector.feed in connectors:
                raise ValueError(f"two connectors fetch {connector.feed}")
            connectors[connector.feed] = connector
    return connectors, limits


CONNECTORS, LIMITS = _registry()
