{#
  One row per key and instant at which any source's state changed: the then-latest state of the best
  source that has a value, by `source_priorities`; where none has a value, of the best source. Never a
  mean. `relation` has the keys, `value`, `source`, `recorded_at` and whatever else is to be carried.
#}
{% macro best_source(relation, keys, value) %}
  {%- set by_key = keys | join(', ') -%}
  select best.* exclude (instant, held_until, has_value, priority)
    replace (best.instant as recorded_at)
  from (
    select
      instants.instant,
      spans.*,
      {{ value }} is not null as has_value,
      coalesce(priorities.priority, 1000000) as priority
    from (select distinct {{ by_key }}, recorded_at as instant from {{ relation }}) as instants
    inner join (
      select *, lead(recorded_at) over (partition by {{ by_key }}, source order by recorded_at) as held_until
      from {{ relation }}
    ) as spans using ({{ by_key }})
    left join {{ ref('source_priorities') }} as priorities on spans.source = priorities.source
    where spans.recorded_at <= instants.instant
      and (spans.held_until is null or instants.instant < spans.held_until)
    qualify row_number() over (
      partition by {{ by_key }}, instants.instant
      order by has_value desc, priority, spans.source
    ) = 1
  ) as best
{% endmacro %}
