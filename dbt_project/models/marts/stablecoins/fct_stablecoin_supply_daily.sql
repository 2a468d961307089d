-- Rendered from schemas/ by `make render`; do not edit.
-- The newest vintage of every row.
{{ config(pre_hook="{{ delete_changed('fct_stablecoin_supply_daily') }}") }}
{{ newest('fct_stablecoin_supply_daily', ref('fct_stablecoin_supply_daily_vintages')) }}
