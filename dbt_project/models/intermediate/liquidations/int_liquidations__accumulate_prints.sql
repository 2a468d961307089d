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
),
instants as (
  select fact_date, asset, venue, liq_side, recorded_at from sums
  union
  select fact_date, asset, venue, liq_side, recorded_at from peaks
),
-- A late print of the day before can raise the day's peak after its last print.
held as (
  select
    sums.* exclude (recorded_at, finality), instants.recorded_at,
    case
      when instants.recorded_at < cast(instants.fact_date + 1 as timestamp) at time zone 'UTC' then 'preliminary'
      else 'final'
    end as finality
  from instants
  asof inner join sums
    on instants.fact_date = sums.fact_date and instants.asset = sums.asset and instants.venue = sums.venue
    and instants.liq_side = sums.liq_side and instants.recorded_at >= sums.recorded_at
),
with_peaks as (
  select held.*, peaks.max_1h_usd, peaks.max_1h_at, 'venue_prints' as series
  from held
  asof left join peaks
    on held.fact_date = peaks.fact_date and held.asset = peaks.asset and held.venue = peaks.venue
    and held.liq_side = peaks.liq_side and held.recorded_at >= peaks.recorded_at
)
{{ with_grade('fct_liquidations_daily', 'with_peaks', 'liquidations', 'notional_usd',
  entity="venue || '|' || liq_side || '|venue_prints'") }}
