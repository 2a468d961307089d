{# The window over everything known of a key up to and with the row's instant. #}
{% macro as_of(keys) -%}
  partition by {{ keys }} order by recorded_at range between unbounded preceding and current row
{%- endmacro %}

{# The newest value, as of the row's instant, of the rows that fulfil a condition. #}
{% macro newest_where(condition, column='value') -%}
  last_value(case when {{ condition }} then {{ column }} end ignore nulls) over as_of
{%- endmacro %}
