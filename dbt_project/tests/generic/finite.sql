{# NaN or infinity: unknown is null with a status. #}
{% test finite(model, columns) %}
  {% for column in columns %}
  select '{{ column }}' as column_name, cast({{ column }} as varchar) as value, count(*) as n_rows
  from {{ model }} where not isfinite({{ column }}) group by all
  {{ 'union all' if not loop.last }}
  {% endfor %}
{% endtest %}
