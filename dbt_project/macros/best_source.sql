{#
  The grade of every figure, and of competing sources the one that the assessments chose.

  Both macros give one row per figure and instant at which a row of it or its assessment changed, as of
  then, with `low`, `high`, `n_clusters` and `grade` (`transforms/facts/confidence.py`) added. `fact` is the fact
  that is built, `series` the graded series, `value` the expression that is graded. A figure is its `date`, `asset`
  and `entity`, expressions on `relation` as in `orchestration/store/derive/opinions.py`. `relation` has these,
  `source`, `recorded_at` and whatever else is to be carried.
#}

{# Of several sources the chosen one's then-latest row, never a mean. What no assessment covers is ungraded. #}
{% macro best_source(fact, relation, series, value, entity="'all'", date='fact_date', asset='asset') %}
  {{ _assessed(fact, relation, series, value, entity, date, asset, ', source') }}
{% endmacro %}

{# Of figures that have one row at a time, whoever contributes to it. #}
{% macro with_grade(fact, relation, series, value, entity="'all'", date='fact_date', asset='asset') %}
  {{ _assessed(fact, relation, series, value, entity, date, asset, '') }}
{% endmacro %}

{% macro _assessed(fact, relation, series, value, entity, date, asset, and_source) %}
  {%- set figure = 'figure_date, figure_asset, figure_entity' -%}
  select
    best.* exclude (
      figure_date, figure_asset, figure_entity, instant, held_until, graded_value, is_chosen, priority,
      assessed_low, assessed_high, assessed_clusters, assessed_grade
    ) replace (instant as recorded_at),
    case when graded_value is not null then least(graded_value, assessed_low) end as low,
    case when graded_value is not null then greatest(graded_value, assessed_high) end as high,
    coalesce(assessed_clusters, 0) as n_clusters,
    coalesce(assessed_grade, 'U') as grade
  from (
    with spans as (
      select
        *, lead(recorded_at) over (partition by {{ figure }}{{ and_source }} order by recorded_at) as held_until
      from (
        select
          *, {{ date }} as figure_date, {{ asset }} as figure_asset, {{ entity }} as figure_entity,
          {{ value }} as graded_value
        from {{ relation }}
      ) as figures
    ),
    assessments as (
      select * from {{ ref('stg_confidence__assessments') }}
      where confidence_series = '{{ series }}' and {{ is_changed(fact, 'fact_date') }}
    ),
    instants as (
      select {{ figure }}, recorded_at as instant from spans
      union
      select fact_date, asset, entity, recorded_at from assessments
    ),
    judged as (
      select
        instants.*, assessments.source as assessed_source, assessments.low as assessed_low,
        assessments.high as assessed_high, assessments.n_clusters as assessed_clusters,
        assessments.grade as assessed_grade
      from instants
      asof left join assessments
        on instants.figure_date = assessments.fact_date and instants.figure_asset = assessments.asset
        and instants.figure_entity = assessments.entity and instants.instant >= assessments.recorded_at
    )
    select
      spans.*, judged.* exclude ({{ figure }}, assessed_source),
      coalesce(spans.source = judged.assessed_source, false) as is_chosen,
      coalesce(priorities.priority, 1000000) as priority
    from judged
    inner join spans using ({{ figure }})
    left join {{ ref('confidence_sources') }} as priorities on spans.source = priorities.source
    where spans.recorded_at <= judged.instant and (spans.held_until is null or judged.instant < spans.held_until)
    qualify row_number() over (
      partition by {{ figure }}, judged.instant
      order by is_chosen desc, (graded_value is not null) desc, priority, spans.source
    ) = 1
  ) as best
{% endmacro %}
