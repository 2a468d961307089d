-- What was observed beside what a benchmark counts, as of every instant: our prints beside a vendor's total of the
-- same venues, and each collector of a venue beside all of its collectors together. Nothing is scaled by it.
{% set fact = 'fct_liquidation_coverage_daily' %}
{{ config(pre_hook="{{ delete_changed('fct_liquidation_coverage_daily') }}") }}
{% set keys = 'fact_date, asset, venue, liq_side' %}
{% set value = exact('coalesce(notional_usd, 0)') %}
with states as (
  select * from {{ ref('fct_liquidations_daily_vintages') }} where {{ is_changed(fact, 'fact_date') }}
),
changes as (
  select
    *,
    {{ value }} - coalesce(lag({{ value }}) over by_state, 0) as usd,
    (notional_usd is not null)::integer - coalesce(lag((notional_usd is not null)::integer) over by_state, 0) as n_values
  from states
  window by_state as (partition by {{ keys }}, series order by recorded_at)
),
-- A venue's prints count for the venue and for all venues; a vendor's total only for what it covers.
scoped as (
  select * exclude (venue), unnest(case when series = 'venue_prints' then [venue, 'all'] else [venue] end) as venue
  from changes
),
totals as (
  select
    {{ keys }}, recorded_at,
    sum(sum(usd) filter (where series = 'venue_prints')) over as_of as observed,
    sum(sum(usd) filter (where series = 'vendor_aggregate')) over as_of as counted,
    coalesce(sum(sum(n_values) filter (where series = 'venue_prints')) over as_of, 0) as n_observed,
    coalesce(sum(sum(n_values) filter (where series = 'vendor_aggregate')) over as_of, 0) as n_counted,
    max(max(source) filter (where series = 'venue_prints')) over as_of as source,
    bool_or(bool_or(is_simulated)) over as_of as is_simulated
  from scoped
  group by {{ keys }}, recorded_at
  window as_of as ({{ as_of(keys) }})
),
covered as (
  select
    {{ keys }}, recorded_at, source, is_simulated, 'vendor_total' as benchmark,
    cast(observed as double) as observed_usd,
    case when n_counted > 0 then cast(counted as double) end as benchmark_usd
  from totals
  where n_observed > 0 and (venue = 'all' or n_counted > 0)
  union all by name
  select {{ keys }}, recorded_at, source, is_simulated, source as benchmark, observed_usd, benchmark_usd
  from {{ ref('stg_venues__liquidation_collectors') }}
  where {{ is_changed(fact, 'fact_date') }}
)
select
  *,
  case when benchmark_usd > 0 then observed_usd / benchmark_usd end as coverage_ratio,
  case when benchmark_usd is null then 'no_vendor_total' when benchmark_usd = 0 then 'zero_base' end as status,
  case
    when recorded_at < cast(fact_date + 1 as timestamp) at time zone 'UTC' then 'preliminary' else 'final'
  end as finality
from covered
