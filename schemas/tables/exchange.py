"""Tables of coins moved to and from exchanges."""

from __future__ import annotations

from schemas.table import Table
from schemas.tables.shared import DERIVED, GRADED, OBSERVED

CORE = (
    Table(
        "core_exchange__flows",
        "core",
        "flows",
        "Coins moved to, from and held by exchanges, per day and metric, in the vendor's unit.",
        grain=("fact_date", "asset", "entity", "metric", "unit", "source", "known_at"),
        column_names=("fact_date", "asset", "entity", "metric", "unit", "value", "label_version", *OBSERVED),
        date_column="fact_date",
        tracked=("value", "status", "finality"),
    ),
)

FACTS = (
    Table(
        "fct_exchange_flows_daily",
        "mart",
        "flows",
        "Coins moved to and from exchanges and held there, per UTC day.",
        grain=("fact_date", "asset", "entity"),
        column_names=(
            "fact_date",
            "asset",
            "entity",
            "inflow_coin",
            "outflow_coin",
            "netflow_coin",
            "reserve_coin",
            "reserve_change_coin",
            "has_reserve_break",
            "reserve_usd",
            "price_usd",
            "netflow_usd",
            "label_version",
            *GRADED,
            *DERIVED,
        ),
        date_column="fact_date",
        tracked=("netflow_coin", "reserve_coin", "netflow_usd"),
        inputs=("core_exchange__flows",),
        lead_days=1,
        absent={
            "inflow_coin": "The source may give the netflow alone.",
            "outflow_coin": "The source may give the netflow alone.",
            "reserve_usd": "Flows may be priced without it.",
            "reserve_change_coin": "The source has no reserve of the day before.",
            "has_reserve_break": "The source has no reserve of the day before.",
            "label_version": "The vendor does not say.",
        },
    ),
)
