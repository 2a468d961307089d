"""Tables of stablecoin supply."""

from __future__ import annotations

from schemas.table import Table
from schemas.tables.shared import LINEAGE, OBSERVED, VINTAGE

CORE = (
    Table(
        "core_stablecoins__supply",
        "core",
        "stablecoins",
        "Stablecoin supply per day, coin and chain, in units of the peg.",
        grain=("fact_date", "stablecoin_id", "chain", "source", "known_at"),
        column_names=(
            "fact_date",
            "stablecoin_id",
            "chain",
            "circulating_peg",
            "minted_peg",
            "unreleased_peg",
            "bridged_in_peg",
            "circulating_usd",
            *OBSERVED,
        ),
        date_column="fact_date",
        tracked=(
            "circulating_peg",
            "minted_peg",
            "unreleased_peg",
            "bridged_in_peg",
            "circulating_usd",
            "finality",
        ),
    ),
    Table(
        "core_stablecoins__assets",
        "core",
        "stablecoins",
        "What each stablecoin id is: symbol, name and peg.",
        grain=("stablecoin_id", "source", "known_at"),
        column_names=("stablecoin_id", "asset", "asset_name", "peg_currency", *LINEAGE),
        tracked=("asset", "asset_name", "peg_currency"),
    ),
)

FACTS = (
    Table(
        "fct_stablecoin_supply_daily",
        "mart",
        "stablecoins",
        "Stablecoin supply per UTC day, asset and chain, in units of the peg and, for dollar pegs, in USD. "
        "Chain `all` is the total over chains: never add it to the chains.",
        grain=("fact_date", "asset", "chain"),
        column_names=(
            "fact_date",
            "asset",
            "stablecoin_id",
            "chain",
            "peg_currency",
            "circulating_peg",
            "circulating_usd",
            "minted_peg",
            "unreleased_peg",
            "net_issuance_peg",
            *VINTAGE,
        ),
        date_column="fact_date",
        tracked=("circulating_peg", "circulating_usd"),
        inputs=("core_stablecoins__supply", "core_stablecoins__assets"),
        lead_days=1,
    ),
)
