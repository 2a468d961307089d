"""Tables of volatility indexes: stored as published, since a venue's smoothing is its own (METHOD §8)."""

from __future__ import annotations

from schemas.table import Table
from schemas.tables.shared import OBSERVED, VINTAGE

_KEY = ("fact_date", "venue", "asset")
_BAR = ("vol_open_points", "vol_high_points", "vol_low_points", "vol_close_points")

CORE = (
    Table(
        "core_volatility__index_bars",
        "core",
        "volatility",
        "A venue's own index of implied volatility over the next 30 days, one bar per UTC day.",
        grain=(*_KEY, "source", "known_at"),
        column_names=(*_KEY, *_BAR, *OBSERVED),
        date_column="fact_date",
        tracked=(*_BAR, "status", "finality"),
    ),
)

FACTS = (
    Table(
        "fct_volatility_indexes_daily",
        "mart",
        "volatility",
        "A venue's own index of implied volatility (Deribit: DVOL) per UTC day. No model of ours, and no at-the-money "
        "volatility: an index takes in the wings.",
        grain=_KEY,
        column_names=(*_KEY, *_BAR, *VINTAGE),
        date_column="fact_date",
        tracked=_BAR,
        inputs=("core_volatility__index_bars",),
    ),
)
