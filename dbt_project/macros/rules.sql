{# Rendered from schemas/ by `make render`; do not edit. #}
{% macro rule(name) %}
  {% do return({
    "RESERVE_BREAK_TOLERANCE_COIN": 1.0,
    "FLAT_PRICE_TOLERANCE_RATIO": 1e-06
  }[name]) %}
{% endmacro %}
