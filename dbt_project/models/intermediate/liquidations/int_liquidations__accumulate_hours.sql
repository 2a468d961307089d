-- Hour sums of single prints as of every instant.
{{ config(pre_hook="{{ delete_changed('fct_liquidations_hourly') }}") }}
with prints as (
  select * from {{ ref('stg_venues__liquidations') }} where {{ is_changed('fct_liquidations_hourly', 'fact_date') }}
),
sums as (
  {{ accumulate_prints('prints', 'fact_date, hour_at, asset, venue, liq_side', 'hour_at + interval 1 hour') }}
)
{{ with_regime('sums') }}
