"""Rules between the ETF tables: funds and totals, printed totals, flows and share counts.

Belongs here: each rule as a query that returns the rows that break it. Does not belong here: rules of other
domains, or running them (`reconcile.py`).
"""

from __future__ import annotations

from orchestration.store.audit.rule import CENT, Rule, differ
from orchestration.store.audit.scope import WARNING
from schemas import confidence, rules

_PRINTED = f"""
    select trade_date, asset, source, flow_usd, printed_total_usd from fct_etf_totals_daily
    where finality <> 'preliminary' and status is null and source not in {rules.ETF_WIDER_TOTALS}
        and abs(flow_usd - printed_total_usd) > {{limit}}
"""
_FUNDS = """
    select trade_date, asset, sum(flow_usd) as flow_usd, count(flow_usd) as n_funds,
        count(distinct source) filter (flow_usd is not null) as n_sources,
        any_value(source) filter (flow_usd is not null) as source,
        coalesce(bool_or(source in (select source from fct_etf_totals_daily))
            filter (flow_usd is not null), false) as is_totalled
    from fct_etf_flows_daily group by all
"""
_ETF_BAND = confidence.bands().filter(series="etf_total").row(0, named=True)
_ETF_TOLERANCE = f"greatest({_ETF_BAND['band_absolute']}, {_ETF_BAND['band_relative']} * abs({{value}}))"

ETF_RULES = (
    Rule(
        "sums.etf_funds_to_total",
        ("fct_etf_totals_daily", "fct_etf_flows_daily"),
        "the funds' flows sum to the total, where one source gives both",
        "equal to a cent",
        f"""select trade_date, asset, f.flow_usd as funds_usd, t.flow_usd as total_usd
            from ({_FUNDS}) f full join fct_etf_totals_daily t using (trade_date, asset)
            where {differ("f.flow_usd", "t.flow_usd", str(CENT))} and (
                (t.source is null and f.is_totalled)
                or (f.n_sources = 1 and f.source = t.source and t.n_funds_reported is not null)
                or (coalesce(f.n_sources, 0) = 0 and t.n_funds_reported > 0)
            )""",
    ),
    Rule(
        "sums.etf_funds_near_total",
        ("fct_etf_totals_daily", "fct_etf_flows_daily"),
        "the funds' flows sum to about the total, where sources differ and all funds have reported",
        "within 5m USD or 2 %, whichever is more",
        f"""select trade_date, asset, f.flow_usd as funds_usd, t.flow_usd as total_usd, t.source
            from ({_FUNDS}) f join fct_etf_totals_daily t using (trade_date, asset)
            where t.status is null and f.n_funds >= t.n_funds_expected
                and abs(f.flow_usd - t.flow_usd) > {_ETF_TOLERANCE.format(value="t.flow_usd")}""",
        WARNING,
    ),
    Rule(
        "sums.etf_aum_identity",
        ("fct_etf_shares_daily", "fct_etf_flows_daily"),
        "a month's flows, each over its day's net asset value, are the change in shares (counts lag one session)",
        "within 5m USD or 2 % of the flows, whichever is more",
        f"""with counts as (
                select asset, fund, date_trunc('month', as_of_date) as month, count(*) as n_counts,
                    min(as_of_date) as first_date, max(as_of_date) as last_date,
                    arg_max(nav_usd, as_of_date) as nav_usd,
                    arg_max(shares_outstanding, as_of_date) - arg_min(shares_outstanding, as_of_date) as shares_change
                from fct_etf_shares_daily where shares_outstanding is not null group by all
            )
            select counts.asset, counts.fund, counts.month, any_value(counts.shares_change) as shares_change,
                sum(flows.flow_usd / shares.nav_usd) as shares_of_flows
            from counts
            join fct_etf_flows_daily flows on flows.asset = counts.asset and flows.fund = counts.fund
                and flows.trade_date >= first_date and flows.trade_date < last_date
            join fct_etf_shares_daily shares on shares.asset = counts.asset and shares.fund = counts.fund
                and shares.as_of_date = flows.trade_date
            group by all
            having count(flows.flow_usd / shares.nav_usd) = any_value(n_counts) - 1
                and abs(shares_of_flows - any_value(counts.shares_change)) * any_value(counts.nav_usd)
                    > {_ETF_TOLERANCE.format(value="sum(abs(flows.flow_usd))")}""",
        WARNING,
    ),
    Rule(
        "sums.etf_printed_total",
        ("fct_etf_totals_daily",),
        "the total that the source printed is the sum of its funds, where final and whole",
        f"within {rules.ETF_TOTAL_TOLERANCE_USD:,.0f} USD",
        _PRINTED.format(limit=rules.ETF_TOTAL_TOLERANCE_USD),
        WARNING,
    ),
    Rule(
        "sums.etf_printed_total_far",
        ("fct_etf_totals_daily",),
        "the total that the source printed is not far from the sum of its funds, where final and whole",
        f"within {rules.ETF_TOTAL_REFUSED_USD:,.0f} USD",
        _PRINTED.format(limit=rules.ETF_TOTAL_REFUSED_USD),
    ),
)
