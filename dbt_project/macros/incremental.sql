{# Incremental by date: the dates that changed in core since the last publication are deleted and built again. #}

{# Dates on which rows of `fact` may differ, as SQL literals; none (not a list) if all of them may. #}
{% macro changed_dates(fact, shift=0) %}
  {% set entry = tables()[fact] %}
  {% set pending = "read_parquet('" ~ env_var('SLUICE_PENDING') | replace("'", "''") ~ "')" %}
  {% set query %}
    select
      table_name in ('{{ entry.undated_inputs | join("', '") }}') as is_undated,
      strftime(fact_date + lead_day::integer + ({{ shift }}), '%Y-%m-%d') as changed_date
    from {{ pending }} cross join range(0, {{ entry.lead_days + 1 }}) as leads (lead_day)
    where table_name in ('{{ (entry.inputs + entry.undated_inputs) | join("', '") }}')
    group by all order by all
  {% endset %}
  {% set rows = run_query(query).rows %}
  {% if rows | selectattr(0) | list %}{% do return(none) %}{% endif %}
  {% do return(rows | map(attribute=1) | list) %}
{% endmacro %}

{# Condition on a date column. Literals, so that they reach the Parquet scan; `shift` moves every date. #}
{% macro is_changed(fact, column, shift=0) %}
  {%- if not is_incremental() -%}
    true
  {%- else -%}
    {%- set dates = changed_dates(fact, shift) -%}
    {%- if dates is none -%}
      true
    {%- elif not dates -%}
      false
    {%- else -%}
      {{ column }} between date '{{ dates[0] }}' and date '{{ dates[-1] }}'
      and {{ column }} in (date '{{ dates | join("', date '") }}')
    {%- endif -%}
  {%- endif -%}
{% endmacro %}

{# Pre-hook: make room for the rows that the model is about to append. #}
{% macro delete_changed(fact) %}
  {%- if is_incremental() -%}
    delete from {{ this }} where {{ is_changed(fact, tables()[fact].date) }}
  {%- endif -%}
{% endmacro %}
