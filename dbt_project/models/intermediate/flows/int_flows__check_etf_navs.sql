-- Cells with what the best table printed, the shares that the issuer counted, and the net asset value that both
-- imply: more than the tolerance from the fund's own, the printed number is of another day or unit.
{{ config(materialized='view') }}
with cells as (
  select * from {{ ref('int_flows__choose_etf_sources') }}
),
tables as (
  select
    flows.*, priorities.priority,
    lead(flows.recorded_at) over (
      partition by flows.trade_date, flows.asset, flows.fund, flows.source order by flows.recorded_at
    ) as held_until
  from {{ ref('stg_etf__flows') }} as flows
  left join {{ ref('confidence_sources') }} as priorities on flows.source = priorities.source
),
printed as (
  select
    cells.trade_date, cells.asset, cells.fund, cells.recorded_at,
    arg_min(tables.printed_flow_usd, tables.priority) filter (tables.printed_flow_usd is not null) as best_printed_usd,
    arg_min(tables.flow_usd, tables.priority) filter (tables.flow_usd is not null) as best_reported_usd
  from cells
  inner join tables using (trade_date, asset, fund)
  where tables.recorded_at <= cells.recorded_at
    and (tables.held_until is null or cells.recorded_at < tables.held_until)
  group by all
),
compared as (
  select
    cells.* replace (coalesce(cells.printed_flow_usd, printed.best_printed_usd) as printed_flow_usd),
    rebuilt.shares_change, rebuilt.nav_usd,
    abs(rebuilt.shares_change * rebuilt.nav_usd) as rebuilt_usd,
    case when cells.source = 'issuer_rebuild' then printed.best_reported_usd else cells.flow_usd end as reported_usd
  from cells
  left join printed using (trade_date, asset, fund, recorded_at)
  asof left join {{ ref('stg_etf__rebuilt_flows') }} as rebuilt
    on cells.trade_date = rebuilt.trade_date and cells.asset = rebuilt.asset and cells.fund = rebuilt.fund
    and cells.recorded_at >= rebuilt.recorded_at
)
select
  * exclude (rebuilt_usd, reported_usd),
  abs(reported_usd) / nullif(abs(shares_change), 0) as implied_nav_usd,
  abs(abs(reported_usd) - rebuilt_usd)
    > {{ rule('IMPLIED_NAV_TOLERANCE_RATIO') }} * rebuilt_usd + {{ rule('ETF_PRINTED_RESOLUTION_USD') }} / 2
    as is_nav_doubtful
from compared
