-- Sums of the 24 hours before each full hour, as of every instant from when the window was over.
-- An hour's change enters as a difference into the 24 windows that hold it, so that running sums give them all.
-- A window is there once something of its last day arrived at or after its end: before, nobody could tell it.
{% set fact = 'fct_liquidations_trailing_24h' %}
{{ config(pre_hook="{{ delete_changed('fct_liquidations_trailing_24h') }}") }}
{% set summed = ['notional', 'quantity', 'prints', 'unpriced', 'priced_hours'] %}
{% set keys = 'window_end_at, asset, venue, liq_side' %}
with hours as (
  select
    * exclude (n_prints, n_unpriced_prints),
    {{ exact('coalesce(notional_usd, 0)') }} as notional,
    {{ exact('coalesce(quantity_coin, 0)') }} as quantity,
    n_prints as prints,
    n_unpriced_prints as unpriced,
    (notional_usd is not null)::integer as priced_hours
  from {{ ref('fct_liquidations_hourly_vintages') }}
  where {{ is_changed(fact, 'fact_date') }} or {{ is_changed(fact, 'fact_date', shift=-1) }}
),
windows as (
  select fact_date, cast(fact_date as timestamp) at time zone 'UTC' + to_hours(hour_number) as window_end_at,
    min(recorded_at) as opened_at
  from hours cross join range(1, 25) as hour_numbers (hour_number)
  where recorded_at >= window_end_at and {{ is_changed(fact, 'fact_date') }}
  group by all
),
steps as (
  select
    fact_date, {{ keys }}, source, is_simulated, status, is_lower_bound,
    greatest(changes.recorded_at, opened_at) as recorded_at,
    {{ summed | join(', ') }}
  from (
    select
      asset, venue, liq_side, recorded_at, source, is_simulated, status, is_lower_bound,
      hour_at + to_hours(hour_number) as window_end_at,
      {% for name in summed -%}
      {{ name }} - coalesce(lag({{ name }}) over by_hour, 0) as {{ name }}{{ ',' if not loop.last }}
      {% endfor %}
    from hours cross join range(1, 25) as hour_numbers (hour_number)
    window by_hour as (partition by hour_at, asset, venue, liq_side, hour_number order by recorded_at)
  ) as changes
  inner join windows using (window_end_at)
),
running as (
  select
    fact_date, {{ keys }}, recorded_at,
    {% for name in summed -%}
    sum(sum({{ name }})) over as_of as {{ name }},
    {% endfor -%}
    max(max(status)) over as_of as hour_status,
    max(max(source)) over as_of as source,
    bool_or(bool_or(is_simulated)) over as_of as is_simulated,
    bool_or(bool_or(is_lower_bound)) over as_of as has_lower_bound
  from steps
  group by fact_date, {{ keys }}, recorded_at
  window as_of as ({{ as_of('fact_date, ' ~ keys) }})
),
sums as (
  select
    fact_date, {{ keys }}, recorded_at, source, is_simulated, has_lower_bound,
    case when priced_hours > 0 then cast(notional as double) end as notional_usd,
    case when priced_hours > 0 then cast(quantity as double) end as quantity_coin,
    prints as n_prints,
    unpriced as n_unpriced_prints,
    case when priced_hours = 0 then hour_status end as status,
    'final' as finality
  from running
),
in_regime as ({{ with_regime('sums') }})
select * exclude (bucket_ms, has_lower_bound) replace (is_lower_bound or has_lower_bound as is_lower_bound) from in_regime
