{# Sums that do not depend on the order of the rows: binary floating point is not associative. #}

{% macro exact(expression) -%}
  cast({{ expression }} as decimal(38, 10))
{%- endmacro %}

{% macro exact_sum(expression) -%}
  cast(sum({{ exact(expression) }}) as double)
{%- endmacro %}
