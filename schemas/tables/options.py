"""Core tables of option chains (METHOD §8), which later facts read; no fact of its own yet."""

from __future__ import annotations

from schemas.table import Table
from schemas.tables.shared import LINEAGE

_MEASURES = (
    "premium_currency",
    "mark_premium",
    "bid_premium",
    "ask_premium",
    "mark_iv_points",
    "bid_iv_points",
    "ask_iv_points",
    "underlying_price",
    "index_price",
    "delta_ratio",
    "gamma",
    "vega",
    "theta",
    "option_open_interest_coin",
    "option_volume_24h_coin",
)

CORE = (
    Table(
        "core_options__quotes",
        "core",
        "options",
        "Option chains at one instant as the venues publish them. A feed gives some of the measures, never all.",
        grain=("quoted_at", "venue", "symbol", "source", "known_at"),
        column_names=(
            "fact_date",
            "quoted_at",
            "venue",
            "symbol",
            "asset",
            "option_type",
            "strike_price",
            "expires_at",
            *_MEASURES,
            *LINEAGE,
        ),
        date_column="fact_date",
        tracked=_MEASURES,
        required=("expires_at",),
    ),
)
