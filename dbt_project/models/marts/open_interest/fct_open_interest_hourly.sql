-- Rendered from schemas/ by `make render`; do not edit.
-- The newest vintage of every row.
{{ config(pre_hook="{{ delete_changed('fct_open_interest_hourly') }}") }}
{{ newest('fct_open_interest_hourly', ref('fct_open_interest_hourly_vintages')) }}
