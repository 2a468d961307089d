{# A null in a column that does not allow one. #}
{% test not_null_columns(model, columns) %}
  {% for column in columns %}
  select '{{ column }}' as column_name, count(*) as n_rows from {{ model }} where {{ column }} is null having count(*) > 0
  {{ 'union all' if not loop.last }}
  {% endfor %}
{% endtest %}
