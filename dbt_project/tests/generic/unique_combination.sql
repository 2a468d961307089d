{# Two rows with one key. #}
{% test unique_combination(model, columns) %}
  select {{ columns | join(', ') }}, count(*) as n_rows from {{ model }} group by all having count(*) > 1
{% endtest %}
