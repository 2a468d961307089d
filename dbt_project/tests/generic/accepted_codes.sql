{# A code outside the closed list of its column; null is another test's matter. #}
{% test accepted_codes(model, codes) %}
  {% for column, values in codes.items() %}
  select '{{ column }}' as column_name, {{ column }} as value, count(*) as n_rows
  from {{ model }} where {{ column }} not in ('{{ values | join("', '") }}') group by all
  {{ 'union all' if not loop.last }}
  {% endfor %}
{% endtest %}
