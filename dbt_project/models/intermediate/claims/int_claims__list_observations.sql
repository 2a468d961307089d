-- What the facts say, in one shape: whose (`asset`, `entity`, `part`), at which instant or UTC day, and how much.
-- `band_base` is what the relative part of a tolerance is taken of; a floor is `is_lower_bound`.
{{ config(materialized='view') }}
with closes as (
  select
    'liquidations_day' as measure, {{ at_midnight('fact_date') }} as valued_at, asset, liq_side, notional_usd,
    is_simulated, source
  from {{ ref('fct_liquidations_daily') }}
  where series = 'venue_prints'
  union all
  select 'liquidations_24h', window_end_at, asset, liq_side, notional_usd, is_simulated, source
  from {{ ref('fct_liquidations_trailing_24h') }}
  union all
  select 'liquidations_hour', hour_at, asset, liq_side, notional_usd, is_simulated, source
  from {{ ref('fct_liquidations_hourly') }}
),
-- Prints of the venues at hand, of one coin and of all, by side and together. No list of venues is whole.
prints as (
  select
    measure, valued_at, coalesce(asset, 'all') as asset, coalesce(liq_side, 'all') as part,
    {{ exact_sum('notional_usd') }} as value, bool_or(is_simulated) as is_simulated, max(source) as source
  from closes
  where notional_usd is not null
  group by measure, valued_at, grouping sets ((asset, liq_side), (asset), (liq_side), ())
),
vendor_sides as (
  select * from {{ ref('fct_liquidations_daily') }}
  where series = 'vendor_aggregate' and venue = 'all' and notional_usd is not null
),
vendor_totals as (
  select
    fact_date, asset, coalesce(liq_side, 'all') as part, {{ exact_sum('notional_usd') }} as value,
    bool_or(is_simulated) as is_simulated, max(source) as source
  from vendor_sides
  group by fact_date, asset, grouping sets ((liq_side), ())
  having liq_side is not null or count(*) = 2
),
-- A vendor's total covers more venues than the prints do, so it is taken where there is one.
liquidations as (
  select * from (
    select
      'liquidations_day' as measure, {{ at_midnight('fact_date') }} as valued_at, asset, part, value, is_simulated, source,
      1 as preference
    from vendor_totals
    union all
    select measure, valued_at, asset, part, value, is_simulated, source, 2 from prints
  ) as both_series
  qualify row_number() over (partition by measure, valued_at, asset, part order by preference) = 1
),
funding as (
  select fact_date, asset, margin_type, funding_8h_ratio, is_simulated, source
  from {{ ref('fct_funding_daily') }}
  where funding_8h_ratio is not null
),
supply as (
  select
    fact_date, asset, chain, circulating_usd, is_simulated, source,
    first_value(circulating_usd) over by_month as first_usd, first_value(fact_date) over by_month as first_date
  from {{ ref('fct_stablecoin_supply_daily') }}
  where circulating_usd is not null
  window by_month as (partition by asset, chain, date_trunc('month', fact_date) order by fact_date)
),
observations as (
  select
    'etf_total' as measure, {{ at_midnight('trade_date') }} as valued_at, asset, 'all' as entity, '' as part,
    flow_usd as value, flow_usd as band_base, false as is_lower_bound, is_simulated, source
  from {{ ref('fct_etf_totals_daily') }}
  where status is distinct from 'partial'
  union all
  select 'etf_fund', {{ at_midnight('trade_date') }}, asset, fund, '', flow_usd, flow_usd, false, is_simulated, source
  from {{ ref('fct_etf_flows_daily') }}
  union all
  select 'etf_shares', {{ at_midnight('trade_date') }}, asset, fund, '', shares_change, shares_change, false, is_simulated, source
  from {{ ref('fct_etf_flows_daily') }}
  union all
  select measure, valued_at, asset, 'all', part, value, value, true, is_simulated, source from liquidations
  union all
  select 'liquidation_rank', {{ at_midnight('fact_date') }}, asset, 'all', liq_side, rank_90d, rank_90d, false, is_simulated, source
  from {{ ref('fct_liquidation_ranks_daily') }}
  where venue = 'all' and status is null
  union all
  select 'open_interest', {{ at_midnight('fact_date') }}, asset, venue, symbol, open_interest_usd, open_interest_usd, true, is_simulated, source
  from {{ ref('fct_open_interest_daily') }}
  where venue = 'all' and symbol = 'all'
  union all
  select 'open_interest', {{ at_midnight('fact_date') }}, asset, 'all', 'all', opinion_value, opinion_value, true, is_simulated, source
  from {{ ref('fct_contradictions') }}
  where confidence_series = 'open_interest' and entity = 'all|all'
  union all
  select 'funding', {{ at_midnight('fact_date') }}, asset, 'any', margin_type, funding_8h_ratio, funding_8h_ratio, false, is_simulated, source
  from funding
  union all
  select
    'funding', {{ at_midnight('fact_date') }}, asset, 'median', margin_type, median(funding_8h_ratio),
    median(funding_8h_ratio), false, bool_or(is_simulated), max(source)
  from funding
  group by fact_date, asset, margin_type
  union all
  select
    'basis_contract', {{ at_midnight('fact_date') }}, asset, venue, '', basis_annualised_ratio,
    basis_annualised_ratio, false, is_simulated, source
  from {{ ref('fct_futures_basis_daily') }}
  union all
  select
    'basis_tenor', {{ at_midnight('fact_date') }}, asset, venue, cast(tenor_days as varchar),
    basis_annualised_ratio, basis_annualised_ratio, false, is_simulated, source
  from {{ ref('fct_basis_term_structure_daily') }}
  union all
  select 'stablecoin_supply', {{ at_midnight('fact_date') }}, asset, chain, '', circulating_usd, circulating_usd, false, is_simulated, source
  from supply
  union all
  select
    'stablecoin_month_to_date', {{ at_midnight('fact_date') }}, asset, chain, '', circulating_usd - first_usd,
    circulating_usd, false, is_simulated, source
  from supply
  where extract(day from first_date) = 1
  union all
  select 'exchange_netflow', {{ at_midnight('fact_date') }}, asset, entity, '', netflow_usd, netflow_usd, false, is_simulated, source
  from {{ ref('fct_exchange_flows_daily') }}
)
select
  *,
  lag(value) over in_order as value_before, lead(value) over in_order as value_after
from observations
where value is not null
window in_order as (partition by measure, asset, entity, part order by valued_at)
