{# What `transforms/facts/stablecoin_changes.py` does with two days, in SQL. #}

{# Less than a millionth of a coin is none. #}
{% macro without_dust(amount) -%}
  case when abs({{ amount }}) < {{ rule('STABLECOIN_DUST') }} then 0 else {{ amount }} end
{%- endmacro %}

{# Ratio of a change and its split into supply and price, from supply and price at both ends. #}
{% macro supply_changes(supply_before, supply_after, price_before, price_after) -%}
  {{ supply_after }} - {{ supply_before }} as supply_change_peg,
  ({{ supply_after }} - {{ supply_before }}) / nullif({{ supply_before }}, 0) as change_ratio,
  ({{ supply_after }} - {{ supply_before }}) * ({{ price_before }} + {{ price_after }}) / 2 as supply_effect_usd,
  ({{ price_after }} - {{ price_before }}) * ({{ supply_before }} + {{ supply_after }}) / 2 as price_effect_usd
{%- endmacro %}
