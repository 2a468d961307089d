"""Tables of spot ETF flows: as the tables print them, and the facts made of them."""

from __future__ import annotations

from schemas.table import Table
from schemas.tables.shared import DERIVED, OBSERVED, VINTAGE

CORE = (
    Table(
        "core_etf__flows",
        "core",
        "flows",
        "Spot ETF net flow per fund and trade date, as each table printed it.",
        grain=("trade_date", "asset", "fund", "source", "known_at"),
        column_names=("trade_date", "asset", "fund", "flow_usd", "printed_flow_usd", *OBSERVED),
        date_column="trade_date",
        tracked=("flow_usd", "printed_flow_usd", "status", "finality"),
    ),
    Table(
        "core_etf__totals",
        "core",
        "flows",
        "The total that each ETF flow table printed for a trade date.",
        grain=("trade_date", "asset", "source", "known_at"),
        column_names=("trade_date", "asset", "printed_total_usd", *OBSERVED),
        date_column="trade_date",
        tracked=("printed_total_usd", "finality"),
    ),
)

FACTS = (
    Table(
        "fct_etf_flows_daily",
        "mart",
        "flows",
        "Spot ETF net flow per trade date, asset and fund.",
        grain=("trade_date", "asset", "fund"),
        column_names=("trade_date", "asset", "fund", "flow_usd", "printed_flow_usd", *VINTAGE),
        date_column="trade_date",
        tracked=("flow_usd", "printed_flow_usd"),
        inputs=("core_etf__flows",),
    ),
    Table(
        "fct_etf_totals_daily",
        "mart",
        "flows",
        "Spot ETF net flow per trade date and asset: the sum of the funds that have reported.",
        grain=("trade_date", "asset"),
        column_names=(
            "trade_date",
            "asset",
            "flow_usd",
            "printed_total_usd",
            "n_funds_reported",
            "n_funds_expected",
            *DERIVED,
        ),
        date_column="trade_date",
        tracked=("flow_usd",),
        inputs=("core_etf__flows", "core_etf__totals"),
    ),
)
