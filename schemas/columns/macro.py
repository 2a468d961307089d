"""Columns of macro series: a date, a level, and the level's unit."""

from __future__ import annotations

import polars as pl

from schemas.column import Column, OneOf
from schemas.macro import BY_ID, LEVEL_UNITS

COLUMNS = (
    Column("series_id", pl.String(), "none", "FRED's id of the series.", checks=(OneOf(tuple(BY_ID)),)),
    Column(
        "observation_date",
        pl.Date(),
        "date",
        "Date that the publisher puts on the observation: a business day in the US, of a weekly level its Wednesday.",
    ),
    Column("level", pl.Float64(), "mixed_level", "Level of the series; null where nothing was published.", True),
    Column("level_unit", pl.String(), "none", "Unit of `level`.", checks=(OneOf(tuple(LEVEL_UNITS)),)),
)
