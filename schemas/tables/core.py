"""Core tables: typed observations. A row is one value at the instant it became known."""

from __future__ import annotations

from schemas.table import Table

LINEAGE = ("source", "raw_sha256", "known_at", "is_simulated")
OBSERVED = ("status", "finality", *LINEAGE)

TABLES = (
    Table(
        "core_etf__flows", "core", "flows",
        "Spot ETF net flow per fund and trade date, as each table printed it.",
        grain=("trade_date", "asset", "fund", "source", "known_at"),
        column_names=("trade_date", "asset", "fund", "flow_usd", "printed_flow_usd", *OBSERVED),
        date_column="trade_date", tracked=("flow_usd", "printed_flow_usd", "status", "finality"),
    ),
    Table(
        "core_etf__totals", "core", "flows",
        "The total that each ETF flow table printed for a trade date.",
        grain=("trade_date", "asset", "source", "known_at"),
        column_names=("trade_date", "asset", "printed_total_usd", *OBSERVED),
        date_column="trade_date", tracked=("printed_total_usd", "finality"),
    ),
    Table(
        "core_exchange__flows", "core", "flows",
        "Coins moved to, from and held by exchanges, per day and metric, in the vendor's unit.",
        grain=("fact_date", "asset", "entity", "metric", "unit", "source", "known_at"),
        column_names=("fact_date", "asset", "entity", "metric", "unit", "value", *OBSERVED),
        date_column="fact_date", tracked=("value", "status", "finality"),
    ),
    Table(
        "core_liquidations__prints", "core", "liquidations",
        "Single liquidation prints in the venue's own units; identical prints are numbered, not dropped.",
        grain=("event_at", "venue", "symbol", "liq_side", "size_native", "price", "occurrence", "source", "known_at"),
        column_names=("fact_date", "event_at", "venue", "symbol", "liq_side", "size_native", "size_unit", "price",
                      "price_kind", "occurrence", *LINEAGE),
        date_column="fact_date",
    ),
    Table(
        "core_liquidations__vendor_totals", "core", "liquidations",
        "A vendor's daily liquidation totals over all venues, in coin or USD.",
        grain=("fact_date", "asset", "liq_side", "unit", "source", "known_at"),
        column_names=("fact_date", "asset", "liq_side", "unit", "value", *OBSERVED),
        date_column="fact_date", tracked=("value", "status", "finality"),
    ),
    Table(
        "core_instruments__contracts", "core", "basis",
        "Instruments as the venues described them: kind, margin, contract value, expiry.",
        grain=("venue", "symbol", "source", "known_at"),
        column_names=("venue", "symbol", "asset", "quote_currency", "settle_currency", "instrument_kind", "margin_type",
                      "contract_value", "contract_value_currency", "listed_at", "expires_at", *LINEAGE),
        tracked=("asset", "quote_currency", "settle_currency", "instrument_kind", "margin_type", "contract_value",
                 "contract_value_currency", "listed_at", "expires_at"),
    ),
    Table(
        "core_futures__quotes", "core", "basis",
        "Mark and settlement prices of futures with the index beside them, where the payload has one.",
        grain=("quoted_at", "venue", "symbol", "price_kind", "source", "known_at"),
        column_names=("fact_date", "quoted_at", "venue", "symbol", "future_price", "price_kind", "index_price", "index_at",
                      "open_interest_native", *LINEAGE),
        date_column="fact_date", tracked=("future_price", "index_price", "index_at", "open_interest_native"),
    ),
    Table(
        "core_futures__indexes", "core", "basis",
        "Index prices that a venue publishes apart from its futures.",
        grain=("quoted_at", "venue", "asset", "quote_currency", "source", "known_at"),
        column_names=("fact_date", "quoted_at", "venue", "asset", "quote_currency", "index_price", *LINEAGE),
        date_column="fact_date", tracked=("index_price",), required=("index_price",),
    ),
    Table(
        "core_stablecoins__supply", "core", "stablecoins",
        "Stablecoin supply per day, coin and chain, in units of the peg.",
        grain=("fact_date", "stablecoin_id", "chain", "source", "known_at"),
        column_names=("fact_date", "stablecoin_id", "chain", "circulating_peg", "minted_peg", "unreleased_peg",
                      "bridged_in_peg", "circulating_usd", *OBSERVED),
        date_column="fact_date",
        tracked=("circulating_peg", "minted_peg", "unreleased_peg", "bridged_in_peg", "circulating_usd", "finality"),
    ),
    Table(
        "core_stablecoins__assets", "core", "stablecoins",
        "What each stablecoin id is: symbol, name and peg.",
        grain=("stablecoin_id", "source", "known_at"),
        column_names=("stablecoin_id", "asset", "asset_name", "peg_currency", *LINEAGE),
        tracked=("asset", "asset_name", "peg_currency"),
    ),
    Table(
        "core_liquidations__events", "core", "liquidations",
        "Prints with asset, coin quantity and USD notional by the instrument of the time (derived).",
        grain=("event_at", "venue", "symbol", "liq_side", "size_native", "price", "occurrence"),
        column_names=("fact_date", "event_at", "venue", "symbol", "asset", "liq_side", "size_native", "size_unit", "price",
                      "price_kind", "occurrence", "quantity_coin", "notional_usd", "status", *LINEAGE),
        date_column="fact_date", inputs=("core_liquidations__prints", "core_instruments__contracts"),
    ),
    Table(
        "core_liquidations__max_1h", "core", "liquidations",
        "Largest rolling hour of each day, one row per recorded change (derived).",
        grain=("fact_date", "asset", "venue", "liq_side", "recorded_at"),
        column_names=("fact_date", "asset", "venue", "liq_side", "max_1h_usd", "max_1h_at", "recorded_at"),
        date_column="fact_date", inputs=("core_liquidations__prints", "core_instruments__contracts"),
    ),
    Table(
        "core_basis__contracts", "core", "basis",
        "Basis of each dated contract at the day's sample, one row per recorded change (derived).",
        grain=("fact_date", "venue", "symbol", "recorded_at"),
        column_names=("fact_date", "venue", "symbol", "asset", "expires_at", "quoted_at", "days_to_expiry", "future_price",
                      "price_kind", "index_price", "index_at", "index_skew_seconds", "basis_ratio", "basis_annualised_ratio",
                      "basis_compound_ratio", "basis_log_ratio", "open_interest_native", "open_interest_coin", "is_node",
                      "status", "finality", "source", "raw_sha256", "recorded_at", "is_simulated"),
        date_column="fact_date",
        tracked=("future_price", "index_price", "basis_annualised_ratio", "open_interest_coin", "is_node", "status", "finality"),
        inputs=("core_futures__quotes", "core_futures__indexes", "core_instruments__contracts"),
    ),
    Table(
        "core_basis__term_structure", "core", "basis",
        "Constant-maturity basis per venue, asset and tenor, one row per recorded change (derived).",
        grain=("fact_date", "venue", "asset", "tenor_days", "recorded_at"),
        column_names=("fact_date", "venue", "asset", "tenor_days", "basis_annualised_ratio", "basis_log_price_ratio",
                      "forward_ratio", "synthetic_future_price", "index_price", "left_symbol", "right_symbol", "left_days",
                      "right_days", "gap_days", "status", "finality", "source", "raw_sha256", "recorded_at", "is_simulated"),
        date_column="fact_date", tracked=("basis_annualised_ratio", "status", "finality"),
        inputs=("core_futures__quotes", "core_futures__indexes", "core_instruments__contracts"),
    ),
)
