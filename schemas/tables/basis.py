"""Columns of basis that core and the facts have alike. Tables are in `core.py` and `facts.py`."""

from __future__ import annotations

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
