-- Supplies with, at every instant, the best source's value.
{{ config(pre_hook="{{ delete_changed('fct_stablecoin_supply_daily') }}") }}
with supplies as (
  select * from {{ ref('stg_stablecoins__supplies') }}
  where {{ is_changed('fct_stablecoin_supply_daily', 'fact_date') }}
)
{{ best_source('fct_stablecoin_supply_daily', 'supplies', 'stablecoin_supply', 'coalesce(circulating_usd, circulating_peg)',
  entity="stablecoin_id || '|' || chain", asset='stablecoin_id') }}
