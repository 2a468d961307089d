"""Core tables of the whole market and its coins by size (METHOD §10); no fact of its own yet."""

from __future__ import annotations

from schemas.table import Table
from schemas.tables.shared import LINEAGE

_TOTALS = (
    "total_market_cap_usd",
    "total_volume_24h_usd",
    "btc_share_ratio",
    "eth_share_ratio",
    "market_cap_change_24h_ratio",
    "n_coins",
)
_COIN = (
    "market_cap_rank",
    "price_usd",
    "market_cap_usd",
    "fully_diluted_usd",
    "volume_24h_usd",
    "circulating_coin",
    "price_change_24h_ratio",
    "price_change_7d_ratio",
    "price_change_30d_ratio",
    "price_updated_at",
)
_NAMES = ("coin_symbol", "coin_name")
_KEY = ("observed_at", "category", "coin_id")

CORE = (
    Table(
        "core_breadth__globals",
        "core",
        "breadth",
        "Totals over all coins as a vendor counts them at one instant. Another vendor's totals count other coins.",
        grain=("observed_at", "source", "known_at"),
        column_names=("fact_date", "observed_at", *_TOTALS, *LINEAGE),
        date_column="fact_date",
        tracked=_TOTALS,
        required=("total_market_cap_usd",),
    ),
    Table(
        "core_breadth__coins",
        "core",
        "breadth",
        "The largest coins of a category at one instant, as a vendor ranks them. Prices are of that instant, no daily "
        "closes, and who was in the ranking is not told later: what was not read is lost. Unknown values are null.",
        grain=(*_KEY, "source", "known_at"),
        column_names=("fact_date", *_KEY, *_NAMES, *_COIN, *LINEAGE),
        date_column="fact_date",
        tracked=(*_NAMES, *_COIN),
    ),
)
