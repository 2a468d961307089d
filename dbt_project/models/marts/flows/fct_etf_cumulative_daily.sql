-- Flow since launch: the final totals up to each trade date. What the funds started with is no flow; it is added
-- once, where it is known of every fund launched by then.
{{ config(materialized='table') }}
with launched as (
  select funds.asset, funds.launch_date, events.amount_usd
  from {{ ref('funds') }} as funds
  left join {{ ref('fund_events') }} as events
    on funds.fund = events.fund and funds.asset = events.asset and events.event_kind in ('seed', 'conversion')
),
summed as (
  select
    trade_date, asset, flow_usd,
    cast(coalesce(sum(case when finality <> 'preliminary' then {{ exact('flow_usd') }} end) over so_far, 0) as double)
      as cumulative_flow_usd,
    cast(count_if(finality = 'preliminary') over so_far as integer) as n_days_open
  from {{ ref('fct_etf_totals_daily') }}
  window so_far as (partition by asset order by trade_date rows between unbounded preceding and current row)
),
started as (
  select
    summed.trade_date, summed.asset,
    case when count(*) = count(launched.amount_usd) then {{ exact_sum('launched.amount_usd') }} end as launch_assets_usd
  from summed
  inner join launched on summed.asset = launched.asset and launched.launch_date <= summed.trade_date
  group by all
)
select
  summed.trade_date, summed.asset, summed.flow_usd, summed.cumulative_flow_usd, started.launch_assets_usd,
  summed.cumulative_flow_usd + started.launch_assets_usd as cumulative_capital_usd,
  summed.n_days_open
from summed
left join started using (trade_date, asset)
