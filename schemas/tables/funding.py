"""Tables of funding: settlements, what is derived from them, and the facts."""

from __future__ import annotations

from schemas.table import Table
from schemas.tables.shared import DERIVED, GRADED, OBSERVED

_RATES = ("core_funding__settlements",)
_RATES_AND_WEIGHTS = (
    *_RATES,
    "core_open_interest__observations",
    "core_futures__quotes",
    "core_instruments__contracts",
)
# What is known of a contract's day; in core and in the fact alike.
_DAY = (
    "asset",
    "margin_type",
    "funding_ratio",
    "funding_8h_ratio",
    "funding_annualised_ratio",
    "n_settlements",
    "hours_covered",
    "interval_min_hours",
    "interval_max_hours",
    "has_interval_mismatch",
    "has_capped_rate",
    "last_settled_at",
)
_WEIGHTED = (
    "fact_date",
    "asset",
    "margin_type",
    "funding_ratio",
    "funding_8h_ratio",
    "funding_8h_unweighted_ratio",
    "funding_annualised_ratio",
    "open_interest_usd",
    "hours_covered",
    "venues",
    "n_venues",
)
_STATE = ("status", "finality", "source", "recorded_at", "is_simulated")

CORE = (
    Table(
        "core_funding__settlements",
        "core",
        "funding",
        "Realised funding rates as settled, on the basis that the feed prints; predicted rates are not among them.",
        grain=("settled_at", "venue", "symbol", "source", "known_at"),
        column_names=(
            "fact_date",
            "settled_at",
            "venue",
            "symbol",
            "asset",
            "margin_type",
            "rate_ratio",
            "rate_basis_hours",
            "stated_interval_hours",
            "rate_cap_ratio",
            "rate_floor_ratio",
            *OBSERVED,
        ),
        date_column="fact_date",
        tracked=(
            "rate_ratio",
            "rate_basis_hours",
            "stated_interval_hours",
            "rate_cap_ratio",
            "rate_floor_ratio",
            "status",
            "finality",
        ),
    ),
    Table(
        "core_funding__daily",
        "core",
        "funding",
        "Funding of each contract's day by each feed, one row per recorded change (derived).",
        grain=("fact_date", "venue", "symbol", "source", "recorded_at"),
        column_names=("fact_date", "venue", "symbol", *_DAY, *_STATE),
        date_column="fact_date",
        tracked=(*_DAY, "status", "finality"),
        inputs=_RATES,
    ),
    Table(
        "core_funding__weighted",
        "core",
        "funding",
        "Funding per asset and kind of margin over venues, weighted by open interest hour by hour, one row per "
        "recorded change (derived).",
        grain=("fact_date", "asset", "margin_type", "recorded_at"),
        column_names=(*_WEIGHTED, *_STATE),
        date_column="fact_date",
        tracked=(*_WEIGHTED[3:], "status", "finality"),
        inputs=_RATES_AND_WEIGHTS,
    ),
)

FACTS = (
    Table(
        "fct_funding_daily",
        "mart",
        "funding",
        "Funding of each perpetual per UTC day, by accrual: a settlement at t pays for the interval that ends at t.",
        grain=("fact_date", "venue", "symbol"),
        column_names=("fact_date", "venue", "symbol", *_DAY, *GRADED, *DERIVED),
        date_column="fact_date",
        tracked=("funding_ratio", "funding_8h_ratio"),
        inputs=_RATES,
        absent={"margin_type": "Some feeds do not say it, nor does the symbol."},
    ),
    Table(
        "fct_funding_weighted_daily",
        "mart",
        "funding",
        "Funding per asset over venues, linear and inverse contracts apart: the mean of the hourly 8-hour rates, "
        "each weighted by the open interest of the same hour.",
        grain=("fact_date", "asset", "margin_type"),
        column_names=(*_WEIGHTED, *DERIVED),
        date_column="fact_date",
        tracked=("funding_8h_ratio",),
        inputs=_RATES_AND_WEIGHTS,
    ),
)
