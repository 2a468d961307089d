-- ETF cells with, at every instant, the best source's value; a fund that joins a known day is marked.
{{ config(pre_hook="{{ delete_changed('fct_etf_flows_daily') }}") }}
with cells as (
  select
    *,
    recorded_at = min(recorded_at) over (partition by trade_date, asset, fund, source)
      and recorded_at > min(recorded_at) over (partition by trade_date, asset, source)
      and status is distinct from 'not_launched' as is_new_fund
  from {{ ref('stg_etf__flows') }}
  where {{ is_changed('fct_etf_flows_daily', 'trade_date') }}
  union all by name
  select * exclude (shares_change, nav_usd), cast(null as double) as printed_flow_usd, false as is_new_fund
  from {{ ref('stg_etf__rebuilt_flows') }}
  where {{ is_changed('fct_etf_flows_daily', 'trade_date') }}
)
{{ best_source('fct_etf_flows_daily', 'cells', 'etf_fund', 'flow_usd', entity='fund', date='trade_date') }}
