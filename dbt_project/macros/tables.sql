{# Rendered from schemas/ by `make render`; do not edit. #}
{% macro tables() %}
  {% do return({
    "fct_etf_flows_daily": {
      "date": "trade_date",
      "lead_days": 0,
      "inputs": ["core_etf__flows"],
      "undated_inputs": [],
      "grain": ["trade_date", "asset", "fund"],
      "measures": ["flow_usd", "printed_flow_usd"],
      "tracked": ["flow_usd", "printed_flow_usd"],
      "values": ["flow_usd"],
      "columns": {"trade_date": "date", "asset": "varchar", "fund": "varchar", "flow_usd": "double", "printed_flow_usd": "double", "status": "varchar", "finality": "varchar", "source": "varchar", "raw_sha256": "varchar", "known_at": "timestamp with time zone", "revision": "integer", "recorded_at": "timestamp with time zone", "is_simulated": "boolean", "previous_flow_usd": "double", "previous_printed_flow_usd": "double", "change_reason": "varchar", "superseded_at": "timestamp with time zone", "is_latest": "boolean"},
      "latest": ["trade_date", "asset", "fund", "flow_usd", "printed_flow_usd", "status", "finality", "source", "raw_sha256", "known_at", "revision", "recorded_at", "is_simulated"]
    },
    "fct_etf_totals_daily": {
      "date": "trade_date",
      "lead_days": 0,
      "inputs": ["core_etf__flows", "core_etf__totals"],
      "undated_inputs": [],
      "grain": ["trade_date", "asset"],
      "measures": ["flow_usd", "printed_total_usd", "n_funds_reported", "n_funds_expected"],
      "tracked": ["flow_usd"],
      "values": ["flow_usd"],
      "columns": {"trade_date": "date", "asset": "varchar", "flow_usd": "double", "printed_total_usd": "double", "n_funds_reported": "integer", "n_funds_expected": "integer", "status": "varchar", "finality": "varchar", "source": "varchar", "known_at": "timestamp with time zone", "revision": "integer", "recorded_at": "timestamp with time zone", "is_simulated": "boolean", "previous_flow_usd": "double", "change_reason": "varchar", "superseded_at": "timestamp with time zone", "is_latest": "boolean"},
      "latest": ["trade_date", "asset", "flow_usd", "printed_total_usd", "n_funds_reported", "n_funds_expected", "status", "finality", "source", "known_at", "revision", "recorded_at", "is_simulated"]
    },
    "fct_exchange_flows_daily": {
      "date": "fact_date",
      "lead_days": 1,
      "inputs": ["core_exchange__flows"],
      "undated_inputs": [],
      "grain": ["fact_date", "asset", "entity"],
      "measures": ["inflow_coin", "outflow_coin", "netflow_coin", "reserve_coin", "reserve_change_coin", "has_reserve_break", "reserve_usd", "price_usd", "netflow_usd"],
      "tracked": ["netflow_coin", "reserve_coin", "netflow_usd"],
      "values": ["netflow_coin", "reserve_coin", "netflow_usd"],
      "columns": {"fact_date": "date", "asset": "varchar", "entity": "varchar", "inflow_coin": "double", "outflow_coin": "double", "netflow_coin": "double", "reserve_coin": "double", "reserve_change_coin": "double", "has_reserve_break": "boolean", "reserve_usd": "double", "price_usd": "double", "netflow_usd": "double", "status": "varchar", "finality": "varchar", "source": "varchar", "known_at": "timestamp with time zone", "revision": "integer", "recorded_at": "timestamp with time zone", "is_simulated": "boolean", "previous_netflow_coin": "double", "previous_reserve_coin": "double", "previous_netflow_usd": "double", "change_reason": "varchar", "superseded_at": "timestamp with time zone", "is_latest": "boolean"},
      "latest": ["fact_date", "asset", "entity", "inflow_coin", "outflow_coin", "netflow_coin", "reserve_coin", "reserve_change_coin", "has_reserve_break", "reserve_usd", "price_usd", "netflow_usd", "status", "finality", "source", "known_at", "revision", "recorded_at", "is_simulated"]
    },
    "fct_flows_daily": {
      "date": "fact_date",
      "lead_days": 1,
      "inputs": ["core_etf__flows", "core_exchange__flows", "core_stablecoins__supply"],
      "undated_inputs": ["core_stablecoins__assets"],
      "grain": ["fact_date", "flow_type", "asset", "entity"],
      "measures": ["flow_usd", "flow_coin", "flow_unit"],
      "tracked": ["flow_usd", "flow_coin"],
      "values": ["flow_usd", "flow_coin"],
      "columns": {"fact_date": "date", "flow_type": "varchar", "asset": "varchar", "entity": "varchar", "flow_usd": "double", "flow_coin": "double", "flow_unit": "varchar", "status": "varchar", "finality": "varchar", "source": "varchar", "known_at": "timestamp with time zone", "revision": "integer", "recorded_at": "timestamp with time zone", "is_simulated": "boolean", "previous_flow_usd": "double", "previous_flow_coin": "double", "change_reason": "varchar", "superseded_at": "timestamp with time zone", "is_latest": "boolean"},
      "latest": ["fact_date", "flow_type", "asset", "entity", "flow_usd", "flow_coin", "flow_unit", "status", "finality", "source", "known_at", "revision", "recorded_at", "is_simulated"]
    },
    "fct_liquidations_daily": {
      "date": "fact_date",
      "lead_days": 0,
      "inputs": ["core_liquidations__events", "core_liquidations__max_1h", "core_liquidations__vendor_totals"],
      "undated_inputs": [],
      "grain": ["fact_date", "asset", "venue", "liq_side", "series"],
      "measures": ["notional_usd", "quantity_coin", "n_prints", "n_unpriced_prints", "max_1h_usd", "max_1h_at", "is_lower_bound", "feed_regime"],
      "tracked": ["notional_usd", "quantity_coin"],
      "values": ["notional_usd", "quantity_coin"],
      "columns": {"fact_date": "date", "asset": "varchar", "venue": "varchar", "liq_side": "varchar", "series": "varchar", "notional_usd": "double", "quantity_coin": "double", "n_prints": "bigint", "n_unpriced_prints": "bigint", "max_1h_usd": "double", "max_1h_at": "timestamp with time zone", "is_lower_bound": "boolean", "feed_regime": "varchar", "status": "varchar", "finality": "varchar", "source": "varchar", "known_at": "timestamp with time zone", "revision": "integer", "recorded_at": "timestamp with time zone", "is_simulated": "boolean", "previous_notional_usd": "double", "previous_quantity_coin": "double", "change_reason": "varchar", "superseded_at": "timestamp with time zone", "is_latest": "boolean"},
      "latest": ["fact_date", "asset", "venue", "liq_side", "series", "notional_usd", "quantity_coin", "n_prints", "n_unpriced_prints", "max_1h_usd", "max_1h_at", "is_lower_bound", "feed_regime", "status", "finality", "source", "known_at", "revision", "recorded_at", "is_simulated"]
    },
    "fct_liquidations_hourly": {
      "date": "fact_date",
      "lead_days": 0,
      "inputs": ["core_liquidations__events", "core_liquidations__max_1h"],
      "undated_inputs": [],
      "grain": ["hour_at", "asset", "venue", "liq_side"],
      "measures": ["fact_date", "notional_usd", "quantity_coin", "n_prints", "n_unpriced_prints", "is_lower_bound", "feed_regime"],
      "tracked": ["notional_usd", "quantity_coin"],
      "values": ["notional_usd", "quantity_coin"],
      "columns": {"fact_date": "date", "hour_at": "timestamp with time zone", "asset": "varchar", "venue": "varchar", "liq_side": "varchar", "notional_usd": "double", "quantity_coin": "double", "n_prints": "bigint", "n_unpriced_prints": "bigint", "is_lower_bound": "boolean", "feed_regime": "varchar", "status": "varchar", "finality": "varchar", "source": "varchar", "known_at": "timestamp with time zone", "revision": "integer", "recorded_at": "timestamp with time zone", "is_simulated": "boolean", "previous_notional_usd": "double", "previous_quantity_coin": "double", "change_reason": "varchar", "superseded_at": "timestamp with time zone", "is_latest": "boolean"},
      "latest": ["fact_date", "hour_at", "asset", "venue", "liq_side", "notional_usd", "quantity_coin", "n_prints", "n_unpriced_prints", "is_lower_bound", "feed_regime", "status", "finality", "source", "known_at", "revision", "recorded_at", "is_simulated"]
    },
    "fct_futures_basis_daily": {
      "date": "fact_date",
      "lead_days": 0,
      "inputs": ["core_basis__contracts", "core_basis__term_structure"],
      "undated_inputs": [],
      "grain": ["fact_date", "venue", "symbol"],
      "measures": ["asset", "expires_at", "quoted_at", "days_to_expiry", "future_price", "price_kind", "index_price", "index_at", "index_skew_seconds", "basis_ratio", "basis_annualised_ratio", "basis_compound_ratio", "basis_log_ratio", "open_interest_native", "open_interest_coin", "is_node"],
      "tracked": ["future_price", "basis_annualised_ratio"],
      "values": ["future_price", "basis_annualised_ratio"],
      "columns": {"fact_date": "date", "venue": "varchar", "symbol": "varchar", "asset": "varchar", "expires_at": "timestamp with time zone", "quoted_at": "timestamp with time zone", "days_to_expiry": "double", "future_price": "double", "price_kind": "varchar", "index_price": "double", "index_at": "timestamp with time zone", "index_skew_seconds": "double", "basis_ratio": "double", "basis_annualised_ratio": "double", "basis_compound_ratio": "double", "basis_log_ratio": "double", "open_interest_native": "double", "open_interest_coin": "double", "is_node": "boolean", "status": "varchar", "finality": "varchar", "source": "varchar", "raw_sha256": "varchar", "known_at": "timestamp with time zone", "revision": "integer", "recorded_at": "timestamp with time zone", "is_simulated": "boolean", "previous_future_price": "double", "previous_basis_annualised_ratio": "double", "change_reason": "varchar", "superseded_at": "timestamp with time zone", "is_latest": "boolean"},
      "latest": ["fact_date", "venue", "symbol", "asset", "expires_at", "quoted_at", "days_to_expiry", "future_price", "price_kind", "index_price", "index_at", "index_skew_seconds", "basis_ratio", "basis_annualised_ratio", "basis_compound_ratio", "basis_log_ratio", "open_interest_native", "open_interest_coin", "is_node", "status", "finality", "source", "raw_sha256", "known_at", "revision", "recorded_at", "is_simulated"]
    },
    "fct_basis_term_structure_daily": {
      "date": "fact_date",
      "lead_days": 0,
      "inputs": ["core_basis__contracts", "core_basis__term_structure"],
      "undated_inputs": [],
      "grain": ["fact_date", "venue", "asset", "tenor_days"],
      "measures": ["basis_annualised_ratio", "basis_log_price_ratio", "forward_ratio", "synthetic_future_price", "index_price", "left_symbol", "right_symbol", "left_days", "right_days", "gap_days"],
      "tracked": ["basis_annualised_ratio"],
      "values": ["basis_annualised_ratio"],
      "columns": {"fact_date": "date", "venue": "varchar", "asset": "varchar", "tenor_days": "integer", "basis_annualised_ratio": "double", "basis_log_price_ratio": "double", "forward_ratio": "double", "synthetic_future_price": "double", "index_price": "double", "left_symbol": "varchar", "right_symbol": "varchar", "left_days": "double", "right_days": "double", "gap_days": "double", "status": "varchar", "finality": "varchar", "source": "varchar", "raw_sha256": "varchar", "known_at": "timestamp with time zone", "revision": "integer", "recorded_at": "timestamp with time zone", "is_simulated": "boolean", "previous_basis_annualised_ratio": "double", "change_reason": "varchar", "superseded_at": "timestamp with time zone", "is_latest": "boolean"},
      "latest": ["fact_date", "venue", "asset", "tenor_days", "basis_annualised_ratio", "basis_log_price_ratio", "forward_ratio", "synthetic_future_price", "index_price", "left_symbol", "right_symbol", "left_days", "right_days", "gap_days", "status", "finality", "source", "raw_sha256", "known_at", "revision", "recorded_at", "is_simulated"]
    },
    "fct_stablecoin_supply_daily": {
      "date": "fact_date",
      "lead_days": 1,
      "inputs": ["core_stablecoins__supply"],
      "undated_inputs": ["core_stablecoins__assets"],
      "grain": ["fact_date", "asset", "chain"],
      "measures": ["stablecoin_id", "peg_currency", "circulating_peg", "circulating_usd", "minted_peg", "unreleased_peg", "net_issuance_peg"],
      "tracked": ["circulating_peg", "circulating_usd"],
      "values": ["circulating_peg", "circulating_usd"],
      "columns": {"fact_date": "date", "asset": "varchar", "stablecoin_id": "varchar", "chain": "varchar", "peg_currency": "varchar", "circulating_peg": "double", "circulating_usd": "double", "minted_peg": "double", "unreleased_peg": "double", "net_issuance_peg": "double", "status": "varchar", "finality": "varchar", "source": "varchar", "raw_sha256": "varchar", "known_at": "timestamp with time zone", "revision": "integer", "recorded_at": "timestamp with time zone", "is_simulated": "boolean", "previous_circulating_peg": "double", "previous_circulating_usd": "double", "change_reason": "varchar", "superseded_at": "timestamp with time zone", "is_latest": "boolean"},
      "latest": ["fact_date", "asset", "stablecoin_id", "chain", "peg_currency", "circulating_peg", "circulating_usd", "minted_peg", "unreleased_peg", "net_issuance_peg", "status", "finality", "source", "raw_sha256", "known_at", "revision", "recorded_at", "is_simulated"]
    }
  }) %}
{% endmacro %}
