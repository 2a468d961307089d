{# Rendered from schemas/ by `make render`; do not edit. #}
{% macro rule(name) %}
  {% do return({
    "RESERVE_BREAK_TOLERANCE_COIN": 1.0,
    "FLAT_PRICE_TOLERANCE_RATIO": 1e-06,
    "IMPLIED_NAV_TOLERANCE_RATIO": 0.03,
    "ETF_PRINTED_RESOLUTION_USD": 100000.0,
    "STABLECOIN_DUST": 1e-06,
    "LIQUIDATION_RANK_DAYS": 90
  }[name]) %}
{% endmacro %}
