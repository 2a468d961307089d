-- Supplies with, at every instant, the best source's value.
{{ config(pre_hook="{{ delete_changed('fct_stablecoin_supply_daily') }}") }}
with supplies as (
  select * from {{ ref('stg_defillama__stablecoin_supplies') }}
  where {{ is_changed('fct_stablecoin_supply_daily', 'fact_date') }}
)
{{ best_source('supplies', ['fact_date', 'stablecoin_id', 'chain'], 'coalesce(circulating_peg, circulating_usd)') }}
