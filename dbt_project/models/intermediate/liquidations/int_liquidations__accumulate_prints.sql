-- Day sums of single prints as of every instant, with the largest rolling hour known by then.
{{ config(pre_hook="{{ delete_changed('fct_liquidations_daily') }}") }}
with prints as (
  select * from {{ ref('stg_venues__liquidations') }} where {{ is_changed('fct_liquidations_daily', 'fact_date') }}
),
peaks as (
  select * from {{ ref('stg_venues__liquidation_peaks') }} where {{ is_changed('fct_liquidations_daily', 'fact_date') }}
),
sums as (
  {{ accumulate_prints(
    'prints', 'fact_date, asset, venue, liq_side', "cast(fact_date + 1 as timestamp) at time zone 'UTC'"
  ) }}
)
select sums.*, peaks.max_1h_usd, peaks.max_1h_at, 'venue_prints' as series
from sums
asof left join peaks
  on sums.fact_date = peaks.fact_date and sums.asset = peaks.asset and sums.venue = peaks.venue
  and sums.liq_side = peaks.liq_side and sums.recorded_at >= peaks.recorded_at
