"""Published facts. Each also has a `_vintages` table, made by rule from the fact."""

from __future__ import annotations

from schemas.table import Table

VINTAGE = ("status", "finality", "source", "raw_sha256", "known_at", "revision", "recorded_at", "is_simulated")
DERIVED = ("status", "finality", "source", "known_at", "revision", "recorded_at", "is_simulated")

FACTS = (
    Table(
        "fct_etf_flows_daily", "mart", "flows",
        "Spot ETF net flow per trade date, asset and fund.",
        grain=("trade_date", "asset", "fund"),
        column_names=("trade_date", "asset", "fund", "flow_usd", "printed_flow_usd", *VINTAGE),
        date_column="trade_date", tracked=("flow_usd", "printed_flow_usd"), inputs=("core_etf__flows",),
    ),
    Table(
        "fct_etf_totals_daily", "mart", "flows",
        "Spot ETF net flow per trade date and asset: the sum of the funds that have reported.",
        grain=("trade_date", "asset"),
        column_names=("trade_date", "asset", "flow_usd", "printed_total_usd", "n_funds_reported", "n_funds_expected", *DERIVED),
        date_column="trade_date", tracked=("flow_usd",), inputs=("core_etf__flows", "core_etf__totals"),
    ),
    Table(
        "fct_exchange_flows_daily", "mart", "flows",
        "Coins moved to and from exchanges and held there, per UTC day.",
        grain=("fact_date", "asset", "entity"),
        column_names=("fact_date", "asset", "entity", "inflow_coin", "outflow_coin", "netflow_coin", "reserve_coin",
                      "reserve_change_coin", "has_reserve_break", "reserve_usd", "price_usd", "netflow_usd", *DERIVED),
        date_column="fact_date", tracked=("netflow_coin", "reserve_coin"), inputs=("core_exchange__flows",), lead_days=1,
    ),
    Table(
        "fct_flows_daily", "mart", "flows",
        "All flows in one shape: ETF net flows, exchange netflows, stablecoin issuance, in USD where known.",
        grain=("fact_date", "flow_type", "asset", "entity"),
        column_names=("fact_date", "flow_type", "asset", "entity", "flow_usd", "flow_coin", "flow_unit", *DERIVED),
        date_column="fact_date", tracked=("flow_usd", "flow_coin"),
        inputs=("core_etf__flows", "core_exchange__flows", "core_stablecoins__supply", "core_stablecoins__assets"), lead_days=1,
    ),
    Table(
        "fct_liquidations_daily", "mart", "liquidations",
        "Forced closes per UTC day, asset, venue and side of the closed position. Sums are floors where the feed drops prints.",
        grain=("fact_date", "asset", "venue", "liq_side", "series"),
        column_names=("fact_date", "asset", "venue", "liq_side", "series", "notional_usd", "quantity_coin", "n_prints",
                      "n_unpriced_prints", "max_1h_usd", "max_1h_at", "is_lower_bound", "feed_regime", *DERIVED),
        date_column="fact_date", tracked=("notional_usd", "quantity_coin"),
        inputs=("core_liquidations__prints", "core_liquidations__vendor_totals", "core_instruments__contracts"),
    ),
    Table(
        "fct_liquidations_hourly", "mart", "liquidations",
        "Forced closes per UTC hour, asset, venue and side, from single prints.",
        grain=("hour_at", "asset", "venue", "liq_side"),
        column_names=("fact_date", "hour_at", "asset", "venue", "liq_side", "notional_usd", "quantity_coin", "n_prints",
                      "n_unpriced_prints", "is_lower_bound", "feed_regime", *DERIVED),
        date_column="fact_date", tracked=("notional_usd", "quantity_coin"),
        inputs=("core_liquidations__prints", "core_instruments__contracts"),
    ),
    Table(
        "fct_futures_basis_daily", "mart", "basis",
        "Basis of each dated contract at the day's sample (the last quote of the UTC day, or the settlement).",
        grain=("fact_date", "venue", "symbol"),
        column_names=("fact_date", "venue", "symbol", "asset", "expires_at", "quoted_at", "days_to_expiry", "future_price",
                      "price_kind", "index_price", "index_at", "index_skew_seconds", "basis_ratio", "basis_annualised_ratio",
                      "basis_compound_ratio", "basis_log_ratio", "open_interest_native", "open_interest_coin", "is_node", *VINTAGE),
        date_column="fact_date", tracked=("future_price", "basis_annualised_ratio"),
        inputs=("core_futures__quotes", "core_futures__indexes", "core_instruments__contracts"),
    ),
    Table(
        "fct_basis_term_structure_daily", "mart", "basis",
        "Annualised basis at constant maturities of 30, 60, 90 and 120 days per venue and asset; never extrapolated.",
        grain=("fact_date", "venue", "asset", "tenor_days"),
        column_names=("fact_date", "venue", "asset", "tenor_days", "basis_annualised_ratio", "basis_log_price_ratio",
                      "forward_ratio", "synthetic_future_price", "index_price", "left_symbol", "right_symbol", "left_days",
                      "right_days", "gap_days", *VINTAGE),
        date_column="fact_date", tracked=("basis_annualised_ratio",),
        inputs=("core_futures__quotes", "core_futures__indexes", "core_instruments__contracts"),
    ),
    Table(
        "fct_stablecoin_supply_daily", "mart", "stablecoins",
        "Stablecoin supply per UTC day, asset and chain, in units of the peg and, for dollar pegs, in USD. "
        "Chain `all` is the total over chains: never add it to the chains.",
        grain=("fact_date", "asset", "chain"),
        column_names=("fact_date", "asset", "stablecoin_id", "chain", "peg_currency", "circulating_peg", "circulating_usd",
                      "minted_peg", "unreleased_peg", "net_issuance_peg", *VINTAGE),
        date_column="fact_date", tracked=("circulating_peg", "circulating_usd"),
        inputs=("core_stablecoins__supply", "core_stablecoins__assets"), lead_days=1,
    ),
)

DIMENSIONS = (
    Table(
        "dim_assets", "mart", "reference", "Coins, stablecoins and funds that the facts name.",
        grain=("asset", "asset_kind"),
        column_names=("asset", "asset_kind", "asset_name", "peg_currency", "issuer", "launch_date"),
    ),
    Table(
        "dim_venues", "mart", "reference", "Venues and the conventions of their feeds.",
        grain=("venue",),
        column_names=("venue", "venue_name", "liquidation_side_field", "liquidation_price_kind", "day_boundary"),
    ),
    Table(
        "dim_instruments", "mart", "reference", "Instruments with the dates between which each description held.",
        grain=("venue", "symbol", "valid_from"),
        column_names=("venue", "symbol", "asset", "quote_currency", "settle_currency", "instrument_kind", "margin_type",
                      "contract_value", "contract_value_currency", "listed_at", "expires_at", "valid_from", "valid_to",
                      "is_latest", "source", "raw_sha256", "known_at", "is_simulated"),
        inputs=("core_instruments__contracts",),
    ),
)
