-- Rendered from schemas/ by `make render`; do not edit.
-- The newest vintage of every row.
{{ config(pre_hook="{{ delete_changed('fct_liquidation_ranks_daily') }}") }}
{{ newest('fct_liquidation_ranks_daily', ref('fct_liquidation_ranks_daily_vintages')) }}
