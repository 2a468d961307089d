-- Each day among the 90 that end with it, as of every instant: the rule of `transforms/facts/liquidation_ranks.py`.
-- A pair of days counts while both of their states hold; it enters as a step up and leaves as a step down.
{% set fact = 'fct_liquidation_ranks_daily' %}
{{ config(pre_hook="{{ delete_changed('fct_liquidation_ranks_daily') }}") }}
{% set days = rule('LIQUIDATION_RANK_DAYS') %}
{% set keys = 'asset, venue, liq_side, series' %}
{% set midnight = "cast(fact_date + 1 as timestamp) at time zone 'UTC'" %}
with sides as (
  select fact_date, {{ keys }}, notional_usd, status, source, is_simulated, feed_regime, recorded_at, superseded_at
  from {{ ref('fct_liquidations_daily_vintages') }}
),
steps_of_both as (
  select
    *,
    {{ exact('coalesce(notional_usd, 0)') }}
      - coalesce(lag({{ exact('coalesce(notional_usd, 0)') }}) over by_side, 0) as notional,
    (notional_usd is not null)::integer - coalesce(lag((notional_usd is not null)::integer) over by_side, 0) as n_sides
  from sides
  window by_side as (partition by fact_date, {{ keys }} order by recorded_at)
),
running_both as (
  select
    fact_date, asset, venue, series, recorded_at,
    sum(sum(notional)) over as_of as notional,
    sum(sum(n_sides)) over as_of as n_sides,
    max(max(status)) over as_of as side_status,
    max(max(source)) over as_of as source,
    max(max(feed_regime)) over as_of as feed_regime,
    bool_or(bool_or(is_simulated)) over as_of as is_simulated,
    lead(recorded_at) over (partition by fact_date, asset, venue, series order by recorded_at) as superseded_at
  from steps_of_both
  group by fact_date, asset, venue, series, recorded_at
  window as_of as ({{ as_of('fact_date, asset, venue, series') }})
),
-- Prints of one side only are all there were; a vendor's one side is half of a total.
states as (
  select * from sides
  union all by name
  select
    * exclude (notional, n_sides, side_status),
    'all' as liq_side,
    case when n_sides = 2 or (n_sides = 1 and series = 'venue_prints') then cast(notional as double) end as notional_usd,
    coalesce(side_status, 'pending') as status
  from running_both
),
own as (
  select states.*, regimes.valid_from as regime_from
  from states
  left join {{ ref('liquidation_regimes') }} as regimes on states.feed_regime = regimes.feed_regime
  where {{ is_changed(fact, 'fact_date') }}
),
-- What another day was while it lasted can never stand beside a later day.
others as (
  select * from states
  where notional_usd is not null and (superseded_at is null or superseded_at > {{ midnight }})
),
pairs as (
  select
    own.fact_date, own.asset, own.venue, own.liq_side, own.series,
    greatest(own.recorded_at, others.recorded_at) as from_at,
    least(own.superseded_at, others.superseded_at) as until_at,
    coalesce(others.notional_usd > own.notional_usd, false)::integer as n_larger
  from (select own.*, own.fact_date - lag_days::integer as other_date from own cross join range(1, {{ days }}) as lags (lag_days)) as own
  inner join others
    on own.other_date = others.fact_date and own.asset = others.asset and own.venue = others.venue
    and own.liq_side = others.liq_side and own.series = others.series
  where (own.regime_from is null or others.fact_date >= own.regime_from)
    and (own.superseded_at is null or others.recorded_at < own.superseded_at)
    and (others.superseded_at is null or others.superseded_at > own.recorded_at)
),
steps as (
  select fact_date, {{ keys }}, from_at as recorded_at, 1 as n_days, n_larger from pairs
  union all
  select fact_date, {{ keys }}, until_at, -1, -n_larger from pairs where until_at is not null
  union all
  select fact_date, {{ keys }}, recorded_at, 0, 0 from own
),
counted as (
  select
    fact_date, {{ keys }}, recorded_at,
    sum(sum(n_days)) over as_of as n_days,
    sum(sum(n_larger)) over as_of as n_larger
  from steps
  group by fact_date, {{ keys }}, recorded_at
  window as_of as ({{ as_of('fact_date, ' ~ keys) }})
),
ranked as (
  select
    counted.*, own.notional_usd, own.status as own_status, own.source, own.is_simulated, own.feed_regime,
    own.regime_from > counted.fact_date - {{ days - 1 }} as is_outside_regime,
    least({{ days }}, coalesce(counted.fact_date - own.regime_from + 1, {{ days }})) as n_window_days
  from counted
  asof inner join own
    on counted.fact_date = own.fact_date and counted.asset = own.asset and counted.venue = own.venue
    and counted.liq_side = own.liq_side and counted.series = own.series and counted.recorded_at >= own.recorded_at
)
select
  fact_date, {{ keys }}, notional_usd, feed_regime, source, is_simulated, recorded_at,
  case when notional_usd is not null then 1 + n_larger end as rank_90d,
  n_days + (notional_usd is not null)::integer as n_days_90d,
  n_window_days - n_days_90d as n_missing_days_90d,
  case when notional_usd is null then own_status when is_outside_regime then 'outside_regime' end as status,
  case when recorded_at < {{ midnight }} then 'preliminary' else 'final' end as finality
from ranked
