-- Rendered from schemas/ by `make render`; do not edit.
-- The newest vintage of every row.
{{ config(pre_hook="{{ delete_changed('fct_liquidation_coverage_daily') }}") }}
{{ newest('fct_liquidation_coverage_daily', ref('fct_liquidation_coverage_daily_vintages')) }}
