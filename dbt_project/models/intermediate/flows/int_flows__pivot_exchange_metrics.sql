-- Exchange metrics side by side, at every instant at which one of them or the reserve of the day before changed.
{{ config(pre_hook="{{ delete_changed('fct_exchange_flows_daily') }}") }}
{% set metrics = ['inflow_coin', 'inflow_usd', 'outflow_coin', 'netflow_coin', 'reserve_coin', 'reserve_usd'] %}
{% set before = ['previous_reserve_coin', 'previous_reserve_usd'] %}
with observed as (
  select * replace (metric || '_' || unit as metric), true as is_own
  from {{ ref('stg_exchange__flows') }}
  where {{ is_changed('fct_exchange_flows_daily', 'fact_date') }}
  union all
  select * replace ('previous_' || metric || '_' || unit as metric, fact_date + 1 as fact_date), false as is_own
  from {{ ref('stg_exchange__flows') }}
  where metric = 'reserve' and {{ is_changed('fct_exchange_flows_daily', 'fact_date', shift=-1) }}
),
pivoted as (
  select
    fact_date, asset, entity, source, recorded_at,
    {% for name in metrics + before -%}
    {{ newest_where("metric = '" ~ name ~ "'") }} as {{ name }},
    {% endfor -%}
    {% for name in metrics -%}
    {{ newest_where("metric = '" ~ name ~ "'", 'finality') }} as finality_of_{{ name }},
    {% endfor -%}
    {{ newest_where("metric in ('inflow_coin', 'outflow_coin', 'netflow_coin')", 'label_version') }} as label_version,
    bool_or(is_own) over as_of as has_own,
    bool_or(is_simulated) over as_of as is_simulated
  from observed
  window as_of as ({{ as_of('fact_date, asset, entity, source') }})
  qualify row_number() over (partition by fact_date, asset, entity, source, recorded_at order by metric) = 1
),
graded as (
  select
    fact_date, asset, entity, source, recorded_at, is_simulated, label_version, {{ (metrics + before) | join(', ') }},
    case
      when 'preliminary' in (finality_of_{{ metrics | join(', finality_of_') }}) then 'preliminary'
      when 'restated' in (finality_of_{{ metrics | join(', finality_of_') }}) then 'restated'
      else 'final'
    end as finality
  from pivoted
  where has_own
)
{{ best_source('fct_exchange_flows_daily', 'graded', 'exchange_netflow', 'netflow_coin', entity='entity') }}
