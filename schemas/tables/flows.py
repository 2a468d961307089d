"""The fact that has all flows in one shape."""

from __future__ import annotations

from schemas.table import Table
from schemas.tables.shared import DERIVED

FACTS = (
    Table(
        "fct_flows_daily",
        "mart",
        "flows",
        "All flows in one shape: ETF net flows, exchange netflows, stablecoin issuance, in USD where known.",
        grain=("fact_date", "flow_type", "asset", "entity"),
        column_names=(
            "fact_date",
            "flow_type",
            "asset",
            "entity",
            "flow_usd",
            "flow_coin",
            "flow_unit",
            *DERIVED,
        ),
        date_column="fact_date",
        tracked=("flow_usd", "flow_coin"),
        inputs=(
            "core_etf__flows",
            "core_etf__shares",
            "core_exchange__flows",
            "core_stablecoins__supply",
            "core_stablecoins__assets",
        ),
        absent={"flow_coin": "A fund's flow is in dollars."},
        lead_days=1,
    ),
)
