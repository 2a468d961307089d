-- Rendered from schemas/ by `make render`; do not edit.
-- The newest vintage of every row.
{{ config(pre_hook="{{ delete_changed('fct_funding_weighted_daily') }}") }}
{{ newest('fct_funding_weighted_daily', ref('fct_funding_weighted_daily_vintages')) }}
