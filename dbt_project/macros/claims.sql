{# The UTC midnight at which a day begins. #}
{% macro at_midnight(day) -%}
  cast({{ day }} as timestamp) at time zone 'UTC'
{%- endmacro %}

{# How far a value lies outside two bounds, signed; an open bound is null. #}
{% macro outside(value, low, high) -%}
  case
    when {{ value }} < {{ low }} then {{ value }} - {{ low }}
    when {{ value }} > {{ high }} then {{ value }} - {{ high }}
    when {{ value }} is not null then 0
  end
{%- endmacro %}

{# An amount as a person writes it. #}
{% macro amount(value, unit) -%}
  case
    when {{ unit }} = 'usd' and abs({{ value }}) >= 1e9 then printf('%+.2fbn', {{ value }} / 1e9)
    when {{ unit }} = 'usd' then printf('%+.1fm', {{ value }} / 1e6)
    when {{ unit }} like 'ratio%' then printf('%+.4f %%', {{ value }} * 100)
    else printf('%+.6g', cast({{ value }} as double))
  end
{%- endmacro %}
