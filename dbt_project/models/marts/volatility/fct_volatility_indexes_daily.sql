-- Rendered from schemas/ by `make render`; do not edit.
-- The newest vintage of every row.
{{ config(pre_hook="{{ delete_changed('fct_volatility_indexes_daily') }}") }}
{{ newest('fct_volatility_indexes_daily', ref('fct_volatility_indexes_daily_vintages')) }}
