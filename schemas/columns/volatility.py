"""Columns of volatility indexes, as their venues publish them."""

from __future__ import annotations

import polars as pl

from schemas.column import Between, Column

_POSITIVE = (Between(low=0),)

COLUMNS = (
    Column("vol_open_points", pl.Float64(), "vol_points", "Index at the beginning of the day.", True, _POSITIVE),
    Column("vol_high_points", pl.Float64(), "vol_points", "Highest index of the day.", True, _POSITIVE),
    Column("vol_low_points", pl.Float64(), "vol_points", "Lowest index of the day.", True, _POSITIVE),
    Column("vol_close_points", pl.Float64(), "vol_points", "Index at the end of the day.", True, _POSITIVE),
)
