-- The log of changed flows: of single funds, and of the total over funds (`all`). A printed zero that time has
-- proved is no change of what the table says, and is not in it.
{{ config(materialized='table') }}
with vintages as (
  select
    trade_date, asset, fund, revision, previous_flow_usd, flow_usd, change_reason, recorded_at, source, is_simulated
  from {{ ref('fct_etf_flows_daily_vintages') }}
  where previous_flow_usd is not null or flow_usd is distinct from previous_printed_flow_usd
  union all by name
  select
    trade_date, asset, 'all' as fund, revision, previous_flow_usd, flow_usd, change_reason, recorded_at, source,
    is_simulated
  from {{ ref('fct_etf_totals_daily_vintages') }}
)
select
  trade_date, asset, fund, revision, previous_flow_usd as old_flow_usd, flow_usd as new_flow_usd, change_reason,
  recorded_at, source, is_simulated
from vintages
where flow_usd is distinct from previous_flow_usd and (revision > 0 or change_reason = 'new_fund')
