"""One set of liquidation prints from several collectors.

Belongs here: deduplication of prints across messages and collectors. Does not belong here: notional
(`notional.py`).
"""

from __future__ import annotations

import polars as pl

PRINT = ("event_at", "venue", "symbol", "liq_side", "size_native", "price")


def maximum_multiplicity(prints: pl.DataFrame) -> pl.DataFrame:
    """Each print as often as the collector that saw it most often (METHOD §2).

    `prints` has the columns of core_liquidations__prints, `occurrence` numbered 1, 2, … per collector;
    so the first known row of each (print, occurrence) is kept. Columns are unchanged.
    """
    return prints.sort("known_at", "source", "raw_sha256").unique(
        subset=[*PRINT, "occurrence"], keep="first", maintain_order=True
    )
