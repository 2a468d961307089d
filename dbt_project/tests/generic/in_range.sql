{# A number outside [low, high]; a bound that is none is open. #}
{% test in_range(model, ranges) %}
  {% for column, bounds in ranges.items() %}
  select '{{ column }}' as column_name, cast({{ column }} as double) as value, count(*) as n_rows
  from {{ model }}
  where {{ column ~ ' < ' ~ bounds[0] if bounds[0] is not none else 'false' }}
    or {{ column ~ ' > ' ~ bounds[1] if bounds[1] is not none else 'false' }}
  group by all
  {{ 'union all' if not loop.last }}
  {% endfor %}
{% endtest %}
