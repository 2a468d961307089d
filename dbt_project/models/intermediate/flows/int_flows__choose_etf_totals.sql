-- ETF totals: at every instant the best source's, one whose funds have all reported before one that waits.
{{ config(pre_hook="{{ delete_changed('fct_etf_totals_daily') }}") }}
with totals as (
  select * from {{ ref('stg_etf__totals') }}
  where {{ is_changed('fct_etf_totals_daily', 'trade_date') }}
)
{{ best_source('fct_etf_totals_daily', 'totals', 'etf_total', 'flow_usd', date='trade_date') }}
