"""Core tables of instruments, quotes and indexes, which several domains read."""

from __future__ import annotations

from schemas.table import Table
from schemas.tables.shared import LINEAGE

CORE = (
    Table(
        "core_instruments__contracts",
        "core",
        "basis",
        "Instruments as the venues described them: kind, margin, contract value, expiry.",
        grain=("venue", "symbol", "source", "known_at"),
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
            *LINEAGE,
        ),
        tracked=(
            "asset",
            "quote_currency",
            "settle_currency",
            "instrument_kind",
            "margin_type",
            "contract_value",
            "contract_value_currency",
            "listed_at",
            "expires_at",
        ),
    ),
    Table(
        "core_futures__quotes",
        "core",
        "basis",
        "Mark and settlement prices of futures with the index beside them, where the payload has one.",
        grain=("quoted_at", "venue", "symbol", "price_kind", "source", "known_at"),
        column_names=(
            "fact_date",
            "quoted_at",
            "venue",
            "symbol",
            "future_price",
            "price_kind",
            "index_price",
            "index_at",
            "open_interest_native",
            *LINEAGE,
        ),
        date_column="fact_date",
        tracked=("future_price", "index_price", "index_at", "open_interest_native"),
    ),
    Table(
        "core_futures__indexes",
        "core",
        "basis",
        "Index prices that a venue publishes apart from its futures.",
        grain=("quoted_at", "venue", "asset", "quote_currency", "source", "known_at"),
        column_names=("fact_date", "quoted_at", "venue", "asset", "quote_currency", "index_price", *LINEAGE),
        date_column="fact_date",
        tracked=("index_price",),
        required=("index_price",),
    ),
)
