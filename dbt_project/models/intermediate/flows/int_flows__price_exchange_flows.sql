-- Change in reserve, and dollars at the price that the vendor's own dollars imply (of the reserve, else of the inflow). A price never repeats from day to
-- day: one that does stands still, and its dollars are null. The first day of a flat line is not caught.
{{ config(materialized='view') }}
with priced as (
  select
    *,
    reserve_coin - previous_reserve_coin as change_coin,
    coalesce(reserve_usd / nullif(reserve_coin, 0), inflow_usd / nullif(inflow_coin, 0)) as implied_price,
    previous_reserve_usd / nullif(previous_reserve_coin, 0) as previous_price,
    coalesce(
      abs(implied_price / nullif(previous_price, 0) - 1) <= {{ rule('FLAT_PRICE_TOLERANCE_RATIO') }}, false
    ) as is_flat
  from {{ ref('int_flows__pivot_exchange_metrics') }}
)
select
  fact_date, asset, entity, inflow_coin, outflow_coin, netflow_coin, reserve_coin,
  change_coin as reserve_change_coin,
  abs(change_coin - netflow_coin) > {{ rule('RESERVE_BREAK_TOLERANCE_COIN') }} as has_reserve_break,
  case when not is_flat then reserve_usd end as reserve_usd,
  case when not is_flat then implied_price end as price_usd,
  case when not is_flat then netflow_coin * implied_price end as netflow_usd,
  case
    when netflow_coin is null or reserve_coin is null then case when finality = 'final' then 'missing' else 'pending' end
    when is_flat then 'flat_price'
    when implied_price is null then 'no_price'
  end as status,
  label_version, low, high, n_clusters, grade,
  finality, source, recorded_at, is_simulated
from priced
