{# A text that its column's pattern does not match from start to end. #}
{% test matches_pattern(model, patterns) %}
  {% for column, pattern in patterns.items() %}
  select '{{ column }}' as column_name, {{ column }} as value, count(*) as n_rows
  from {{ model }} where not regexp_full_match({{ column }}, '{{ pattern | replace("'", "''") }}') group by all
  {{ 'union all' if not loop.last }}
  {% endfor %}
{% endtest %}
