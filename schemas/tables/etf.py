"""Tables of spot ETF flows: as tables and issuers print them, what is rebuilt of them, and the facts."""

from __future__ import annotations

from schemas.column import Column, Matches
from schemas.columns import COLUMNS
from schemas.table import Table
from schemas.tables.shared import DERIVED, GRADED, OBSERVED, VINTAGE

_CELL = ("trade_date", "asset", "fund")
_COUNTED = ("n_funds_reported", "n_funds_expected")
# What changes a flow: the tables' cells, their printed totals, the issuers' share counts.
_INPUTS = ("core_etf__flows", "core_etf__totals", "core_etf__shares")
_FUND_OR_ALL = Column(
    "fund",
    COLUMNS["fund"].dtype,
    "none",
    "Ticker of the fund; `all` for the total over funds.",
    checks=(Matches("[A-Z]{2,6}|all"),),
)
_NO_SHARES = "Only where an issuer's share counts are there for the session, and orders changed them."

CORE = (
    Table(
        "core_etf__flows",
        "core",
        "flows",
        "Spot ETF net flow per fund and trade date, as each table printed it.",
        grain=(*_CELL, "source", "known_at"),
        column_names=(*_CELL, "flow_usd", "printed_flow_usd", *OBSERVED),
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
        tracked=("printed_total_usd", "status", "finality"),
    ),
    Table(
        "core_etf__shares",
        "core",
        "flows",
        "Shares outstanding and net asset value per share, as the issuer dates them.",
        grain=("as_of_date", "asset", "fund", "source", "known_at"),
        column_names=("as_of_date", "asset", "fund", "shares_outstanding", "nav_usd", *OBSERVED),
        date_column="as_of_date",
        tracked=("shares_outstanding", "nav_usd", "status", "finality"),
    ),
    Table(
        "core_etf__rebuilt_flows",
        "core",
        "flows",
        "Net flow of a fund rebuilt from its issuer's share counts and net asset value (derived).",
        grain=(*_CELL, "recorded_at"),
        column_names=(
            *_CELL,
            "flow_usd",
            "shares_change",
            "nav_usd",
            "status",
            "finality",
            "source",
            "raw_sha256",
            "recorded_at",
            "is_simulated",
        ),
        date_column="trade_date",
        inputs=("core_etf__shares",),
        stands_in=False,
    ),
    Table(
        "core_etf__source_totals",
        "core",
        "flows",
        "Each source's total of a trade date: the sum of the funds that it has reported (derived).",
        grain=("trade_date", "asset", "source", "recorded_at"),
        column_names=(
            "trade_date",
            "asset",
            "flow_usd",
            "printed_total_usd",
            *_COUNTED,
            "is_new_fund",
            "status",
            "finality",
            "source",
            "recorded_at",
            "is_simulated",
        ),
        date_column="trade_date",
        inputs=_INPUTS,
    ),
)

FACTS = (
    Table(
        "fct_etf_flows_daily",
        "mart",
        "flows",
        "Spot ETF net flow per trade date, asset and fund.",
        grain=_CELL,
        column_names=(
            *_CELL,
            "flow_usd",
            "printed_flow_usd",
            "shares_change",
            "nav_usd",
            "implied_nav_usd",
            "is_nav_doubtful",
            *GRADED,
            *VINTAGE,
        ),
        date_column="trade_date",
        tracked=("flow_usd", "printed_flow_usd"),
        inputs=("core_etf__flows", "core_etf__shares"),
        absent={
            "printed_flow_usd": "A flow rebuilt from share counts of a fund that no table has printed yet.",
            **dict.fromkeys(("shares_change", "nav_usd", "implied_nav_usd", "is_nav_doubtful"), _NO_SHARES),
        },
    ),
    Table(
        "fct_etf_totals_daily",
        "mart",
        "flows",
        "Spot ETF net flow per trade date and asset: the total of the best source whose funds have all reported.",
        grain=("trade_date", "asset"),
        column_names=("trade_date", "asset", "flow_usd", "printed_total_usd", *_COUNTED, *GRADED, *DERIVED),
        date_column="trade_date",
        tracked=("flow_usd",),
        inputs=_INPUTS,
        absent={
            "printed_total_usd": "The source prints funds and no total.",
            "n_funds_reported": "The source prints a total and does not say of which funds.",
        },
    ),
    Table(
        "fct_etf_shares_daily",
        "mart",
        "flows",
        "Shares outstanding, net asset value and assets of a fund, by the issuer's own as-of date.",
        grain=("as_of_date", "asset", "fund"),
        column_names=("as_of_date", "asset", "fund", "shares_outstanding", "nav_usd", "aum_usd", *VINTAGE),
        date_column="as_of_date",
        tracked=("shares_outstanding", "nav_usd"),
        inputs=("core_etf__shares",),
    ),
)

DIMENSIONS = (
    Table(
        "fct_etf_cumulative_daily",
        "mart",
        "flows",
        "Spot ETF net flow since launch: the sum of the final totals up to each trade date. No vintages: each "
        "row depends on all days before it.",
        grain=("trade_date", "asset"),
        column_names=(
            "trade_date",
            "asset",
            "flow_usd",
            "cumulative_flow_usd",
            "launch_assets_usd",
            "cumulative_capital_usd",
            "n_days_open",
        ),
        inputs=_INPUTS,
    ),
    Table(
        "fct_etf_revisions",
        "mart",
        "flows",
        "Every change of a published ETF flow: of a fund's cell, or of the total over funds.",
        grain=(*_CELL, "recorded_at"),
        column_names=(
            *_CELL,
            "revision",
            "old_flow_usd",
            "new_flow_usd",
            "change_reason",
            "recorded_at",
            "source",
            "is_simulated",
        ),
        inputs=_INPUTS,
        extra=(_FUND_OR_ALL,),
    ),
)
