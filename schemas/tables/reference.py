"""Dimensions that the facts refer to."""

from __future__ import annotations

from schemas.table import Table

DIMENSIONS = (
    Table(
        "dim_assets",
        "mart",
        "reference",
        "Coins, stablecoins and funds that the facts name.",
        grain=("asset", "asset_kind"),
        column_names=("asset", "asset_kind", "asset_name", "peg_currency", "issuer", "launch_date"),
    ),
    Table(
        "dim_venues",
        "mart",
        "reference",
        "Venues and the conventions of their feeds.",
        grain=("venue",),
        column_names=(
            "venue",
            "venue_name",
            "liquidation_side_field",
            "liquidation_price_kind",
            "day_boundary",
        ),
    ),
    Table(
        "dim_instruments",
        "mart",
        "reference",
        "Instruments with the dates between which each description held.",
        grain=("venue", "symbol", "valid_from"),
        column_names=(
            "venue",
            "symbol",
            "asset",
            "quote_currency",
            "settle_currency",
            "instrument_kind",
            "margin_type",
            "contract_value",
            "contract_value_currency",
            "listed_at",
            "expires_at",
            "valid_from",
            "valid_to",
            "is_latest",
            "source",
            "raw_sha256",
            "known_at",
            "is_simulated",
        ),
        inputs=("core_instruments__contracts",),
    ),
)
