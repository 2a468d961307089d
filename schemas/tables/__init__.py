"""The registry of tables: core, facts with their vintages, dimensions. Each domain has its module."""

from __future__ import annotations

from schemas.table import Table, vintages_of
from schemas.tables import (
    basis,
    breadth,
    claims,
    confidence,
    etf,
    exchange,
    flows,
    funding,
    futures,
    liquidations,
    macro,
    market,
    mining,
    open_interest,
    options,
    recorder,
    reference,
    stablecoins,
    volatility,
)

_DOMAINS = (
    etf, exchange, flows, liquidations, futures, basis, funding, open_interest, stablecoins, reference, confidence,
    claims, volatility, market, options, breadth, mining, macro, recorder,
)  # fmt: skip


def _all(kind: str) -> tuple[Table, ...]:
    return tuple(table for module in _DOMAINS for table in getattr(module, kind, ()))


CORE = _all("CORE")
FACTS = _all("FACTS")
DIMENSIONS = _all("DIMENSIONS")
VINTAGES: tuple[Table, ...] = tuple(vintages_of(fact) for fact in FACTS)
MARTS: tuple[Table, ...] = (*FACTS, *VINTAGES, *DIMENSIONS)
TABLES: dict[str, Table] = {table.name: table for table in (*CORE, *MARTS)}

__all__ = ["CORE", "DIMENSIONS", "FACTS", "MARTS", "TABLES", "VINTAGES", "Table"]
