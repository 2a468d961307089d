"""Tables of the basis of dated futures and of constant maturities."""

from __future__ import annotations

from schemas.table import Table
from schemas.tables.shared import VINTAGE

# What is known of one contract at its sample; in core and in the fact alike.
CONTRACT_BASIS = (
    "fact_date",
    "venue",
    "symbol",
    "asset",
    "expires_at",
    "quoted_at",
    "days_to_expiry",
    "future_price",
    "price_kind",
    "index_price",
    "index_at",
    "index_skew_seconds",
    "basis_ratio",
    "basis_annualised_ratio",
    "basis_compound_ratio",
    "basis_log_ratio",
    "open_interest_native",
    "open_interest_coin",
    "is_node",
)
# What is known of one tenor; in core and in the fact alike.
TENOR_BASIS = (
    "fact_date",
    "venue",
    "asset",
    "tenor_days",
    "basis_annualised_ratio",
    "basis_log_price_ratio",
    "forward_ratio",
    "synthetic_future_price",
    "index_price",
    "left_symbol",
    "right_symbol",
    "left_days",
    "right_days",
    "gap_days",
)

CORE = (
    Table(
        "core_basis__contracts",
        "core",
        "basis",
        "Basis of each dated contract at the day's sample, one row per recorded change (derived).",
        grain=("fact_date", "venue", "symbol", "recorded_at"),
        column_names=(
            *CONTRACT_BASIS,
            "status",
            "finality",
            "source",
            "raw_sha256",
            "recorded_at",
            "is_simulated",
        ),
        date_column="fact_date",
        tracked=(
            "future_price",
            "index_price",
            "basis_annualised_ratio",
            "open_interest_coin",
            "is_node",
            "status",
            "finality",
        ),
        inputs=("core_futures__quotes", "core_futures__indexes", "core_instruments__contracts"),
    ),
    Table(
        "core_basis__term_structure",
        "core",
        "basis",
        "Constant-maturity basis per venue, asset and tenor, one row per recorded change (derived).",
        grain=("fact_date", "venue", "asset", "tenor_days", "recorded_at"),
        column_names=(
            *TENOR_BASIS,
            "status",
            "finality",
            "source",
            "raw_sha256",
            "recorded_at",
            "is_simulated",
        ),
        date_column="fact_date",
        tracked=("basis_annualised_ratio", "status", "finality"),
        inputs=("core_futures__quotes", "core_futures__indexes", "core_instruments__contracts"),
    ),
)

FACTS = (
    Table(
        "fct_futures_basis_daily",
        "mart",
        "basis",
        "Basis of each dated contract at the day's sample (the last quote of the UTC day, or the settlement).",
        grain=("fact_date", "venue", "symbol"),
        column_names=(
            *CONTRACT_BASIS,
            *VINTAGE,
        ),
        date_column="fact_date",
        tracked=("future_price", "basis_annualised_ratio"),
        inputs=("core_futures__quotes", "core_futures__indexes", "core_instruments__contracts"),
    ),
    Table(
        "fct_basis_term_structure_daily",
        "mart",
        "basis",
        "Annualised basis at constant maturities of 30, 60, 90 and 120 days per venue and asset; never extrapolated.",
        grain=("fact_date", "venue", "asset", "tenor_days"),
        column_names=(
            *TENOR_BASIS,
            *VINTAGE,
        ),
        date_column="fact_date",
        tracked=("basis_annualised_ratio",),
        inputs=("core_futures__quotes", "core_futures__indexes", "core_instruments__contracts"),
    ),
)
