-- Rendered from schemas/ by `make render`; do not edit.
-- The newest vintage of every row.
{{ config(pre_hook="{{ delete_changed('fct_flows_daily') }}") }}
{{ newest('fct_flows_daily', ref('fct_flows_daily_vintages')) }}
