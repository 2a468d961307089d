"""What METHOD §11 needs to know of series and sources: bands, priorities, clusters, tiers.

Belongs here: reading `bands.csv` and `sources.csv`, which are edited without touching code. Does not
belong here: the grading (`transforms/facts/confidence.py`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

_FOLDER = Path(__file__).parent
_BANDS = {
    "series": pl.String(),
    "fact": pl.String(),
    "measure": pl.String(),
    "band_absolute": pl.Float64(),
    "band_relative": pl.Float64(),
    "is_headline": pl.Boolean(),
    "description": pl.String(),
}
_SOURCES = {
    "source": pl.String(),
    "priority": pl.Int64(),
    "cluster": pl.String(),
    "tier": pl.Int32(),
    "description": pl.String(),
}


@cache
def bands() -> pl.DataFrame:
    """Per graded series: its fact and measure, and the band: the larger of absolute and relative × |value|."""
    return pl.read_csv(_FOLDER / "bands.csv", schema=_BANDS)


@cache
def sources() -> pl.DataFrame:
    """Per feed: `priority` (the lowest number is taken first), `cluster` of copies, `tier` (1, 2, 3)."""
    return pl.read_csv(_FOLDER / "sources.csv", schema=_SOURCES)
