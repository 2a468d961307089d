-- Rendered from schemas/ by `make render`; do not edit.
-- The newest vintage of every row.
{{ config(pre_hook="{{ delete_changed('fct_liquidations_daily') }}") }}
{{ newest('fct_liquidations_daily', ref('fct_liquidations_daily_vintages')) }}
