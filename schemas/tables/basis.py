"""Tables of the basis of dated futures and of constant maturities."""

from __future__ import annotations

from schemas.table import Table
from schemas.tables.shared import GRADED, VINTAGE

# What is known of one contract at its sample; in core and in the fact alike.
CONTRACT_BASIS = (
    "fact_date",
    "venue",
    "symbol",
    "asset",
    "expires_at",
    "session_date",
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
    "is_front",
    "roll_flag",
)
# What is known of one tenor; in core and in the fact alike.
TENOR_BASIS = (
    "fact_date",
    "venue",
    "asset",
    "tenor_days",
    "basis_annualised_ratio",
    "basis_log_price_ratio",
    "basis_spot_node_ratio",
    "is_spot_node",
    "forward_ratio",
    "synthetic_future_price",
    "index_price",
    "left_symbol",
    "right_symbol",
    "left_days",
    "right_days",
    "gap_days",
    "open_interest_coin",
    "n_venues",
)
_NO_OPEN_INTEREST = "The feed carries none, or the contract's value is not known."
_NO_BRACKETS = "The row over all venues has no contracts of its own."
CONTRACT_ABSENT = {
    "session_date": "The venue has no sessions.",
    "open_interest_native": _NO_OPEN_INTEREST,
    "open_interest_coin": _NO_OPEN_INTEREST,
}
TENOR_ABSENT = {
    "forward_ratio": "A contract expires exactly at the tenor, or the row is over all venues.",
    "synthetic_future_price": _NO_BRACKETS,
    "index_price": _NO_BRACKETS,
    "left_symbol": _NO_BRACKETS,
    "right_symbol": _NO_BRACKETS,
    "left_days": _NO_BRACKETS,
    "right_days": _NO_BRACKETS,
    "gap_days": "No bracket is missing.",
    "open_interest_coin": _NO_OPEN_INTEREST,
}

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
            "is_front",
            "roll_flag",
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
        tracked=(
            "basis_annualised_ratio",
            "basis_spot_node_ratio",
            "open_interest_coin",
            "n_venues",
            "status",
            "finality",
        ),
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
            *GRADED,
            *VINTAGE,
        ),
        date_column="fact_date",
        tracked=("future_price", "basis_annualised_ratio"),
        inputs=("core_futures__quotes", "core_futures__indexes", "core_instruments__contracts"),
        absent=CONTRACT_ABSENT,
    ),
    Table(
        "fct_basis_term_structure_daily",
        "mart",
        "basis",
        "Annualised basis at constant maturities of 30, 60, 90 and 120 days per venue and asset, and over the venues "
        "without sessions (venue `all`); never extrapolated.",
        grain=("fact_date", "venue", "asset", "tenor_days"),
        column_names=(
            *TENOR_BASIS,
            *GRADED,
            *VINTAGE,
        ),
        date_column="fact_date",
        tracked=("basis_annualised_ratio",),
        inputs=("core_futures__quotes", "core_futures__indexes", "core_instruments__contracts"),
        absent=TENOR_ABSENT,
    ),
)
