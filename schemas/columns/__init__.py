"""The dictionary of columns, by domain; `COLUMNS[name]` is the only definition of a column."""

from __future__ import annotations

from schemas.column import Column
from schemas.columns import (
    breadth,
    candles,
    claims,
    confidence,
    exchange,
    flows,
    funding,
    futures,
    keys,
    lineage,
    liquidations,
    macro,
    mining,
    open_interest,
    options,
    recorder,
    stablecoins,
    volatility,
)
from schemas.units import UNITS

COLUMNS: dict[str, Column] = {}
_MODULES = (
    keys, lineage, flows, exchange, liquidations, futures, funding, open_interest, stablecoins, confidence, claims,
    volatility, candles, options, breadth, mining, macro, recorder,
)  # fmt: skip
for _module in _MODULES:
    for _column in _module.COLUMNS:
        if _column.name in COLUMNS:
            raise ValueError(f"column {_column.name!r} is defined twice")
        if _column.unit not in UNITS:
            raise ValueError(f"column {_column.name!r} has unknown unit {_column.unit!r}")
        COLUMNS[_column.name] = _column
