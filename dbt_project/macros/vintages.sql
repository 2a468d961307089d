{#
  The vintages of a fact from its states: one row per key and recorded change.

  `relation` has a row per key and `recorded_at` with the fact's measures, status, finality and lineage.
  Equal states in a row are one vintage. `revision` counts changes of a tracked measure or of the
  status; `known_at` is when the present run of equal ones began. A value that changes after it was
  final is restated, unless it was more data, or another source, that changed it. Conditions, in SQL,
  with previous_<tracked>, previous_status, previous_finality:
  placeholder   the value before was only a printed zero
  more_data     a change of value is more of the same day's data, not a restatement
  new_member    a member appeared in a group that was already known
  other_source  the value is another source's (with previous_source): no source has restated anything
#}
{% macro vintages(fact, relation, placeholder='false', more_data='false', new_member='false', other_source='false') %}
  {%- set entry = tables()[fact] -%}
  {%- set keys = entry.grain | join(', ') -%}
  {%- set said = entry.measures | reject('in', ['low', 'high', 'n_clusters', 'grade']) | join(', ') -%}
  {%- set has_value = 'coalesce(' ~ entry['values'] | join(', ') ~ ') is not null' -%}
  {%- set had_value = 'coalesce(previous_' ~ entry['values'] | join(', previous_') ~ ') is not null' -%}
  with compared as (
    select
      *,
      row_number() over by_key = 1 as is_first,
      {% for name in entry.tracked %}lag({{ name }}) over by_key as previous_{{ name }},
      {% endfor -%}
      lag(status) over by_key as previous_status,
      lag(finality) over by_key as previous_finality,
      {% if other_source != 'false' %}lag(source) over by_key as previous_source,{% endif %}
      row({{ entry.measures | join(', ') }}, status, finality)
        is distinct from lag(row({{ entry.measures | join(', ') }}, status, finality)) over by_key as is_change,
      row({{ said }}, status, finality) is not distinct from lag(row({{ said }}, status, finality)) over by_key as is_regraded
    from {{ relation }}
    where {{ is_changed(fact, entry.date) }}
    window by_key as (partition by {{ keys }} order by recorded_at)
  ),
  changes as (
    select
      *,
      not is_first and ({% for name in entry.tracked -%}
        {{ name }} is distinct from previous_{{ name }}{{ ' or ' if not loop.last }}
      {%- endfor %}) as is_new_value,
      -- Some measure that had a value has another now; where none does, one that was missing came.
      ({% for name in entry.tracked -%}
        (previous_{{ name }} is not null and {{ name }} is distinct from previous_{{ name }}){{ ' or ' if not loop.last }}
      {%- endfor %}) as is_unsaid,
      coalesce({{ other_source }}, false) as is_other_source,
      coalesce({{ more_data }}, false) as is_more_data,
      {{ has_value }} as has_value,
      -- A printed zero that stays is a fund without orders, and was no placeholder.
      coalesce({{ entry['values'] | join(', ') }}) = 0 as is_zero,
      {{ had_value }} as had_value
    from compared
    where is_first or is_change
  ),
  numbered as (
    select
      *,
      sum((is_unsaid and not is_other_source and not is_more_data)::integer) over by_key as value_number,
      sum((is_new_value or (not is_first and status is distinct from previous_status))::integer) over by_key as revision
    from changes
    window by_key as (partition by {{ keys }} order by recorded_at)
  ),
  graded as (
    select
      * replace (case
        when finality = 'held' then finality
        when value_number > min(value_number) filter (where finality in ('final', 'restated') and has_value) over (
          partition by {{ keys }} order by recorded_at rows between unbounded preceding and 1 preceding
        ) then 'restated'
        else finality
      end as finality),
      case
        when {{ new_member }} then 'new_fund'
        when is_first then 'first'
        when is_regraded then 'regraded'
        when is_new_value and has_value and not is_zero and ({{ placeholder }} or previous_status = 'pending_zero')
          then 'placeholder_zero'
        when has_value and not had_value then 'late_fill'
        when is_new_value and had_value and is_other_source then 'other_source'
        when is_new_value and had_value and not is_unsaid then 'late_fill'
        when is_new_value and had_value and not is_more_data then 'restated'
        when is_new_value then 'more_data'
        when finality = 'final' and previous_finality <> 'final' then 'confirmed'
        else 'more_data'
      end as change_reason,
      min(recorded_at) over (partition by {{ keys }}, revision) as known_at,
      lead(recorded_at) over (partition by {{ keys }} order by recorded_at) as superseded_at
    from numbered
  )
  select
    {% for name, type in entry['columns'].items() -%}
    cast({{ 'superseded_at is null' if name == 'is_latest' else name }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {% endfor %}
  from graded
{% endmacro %}

{# The newest vintages of a fact. #}
{% macro newest(fact, vintages) %}
  select {{ tables()[fact].latest | join(', ') }}
  from {{ vintages }}
  where is_latest and {{ is_changed(fact, tables()[fact].date) }}
{% endmacro %}
