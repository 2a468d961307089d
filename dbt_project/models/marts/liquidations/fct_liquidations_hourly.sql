-- Rendered from schemas/ by `make render`; do not edit.
-- The newest vintage of every row.
{{ config(pre_hook="{{ delete_changed('fct_liquidations_hourly') }}") }}
{{ newest('fct_liquidations_hourly', ref('fct_liquidations_hourly_vintages')) }}
