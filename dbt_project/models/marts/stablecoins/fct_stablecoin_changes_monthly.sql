-- Rendered from schemas/ by `make render`; do not edit.
-- The newest vintage of every row.
{{ config(pre_hook="{{ delete_changed('fct_stablecoin_changes_monthly') }}") }}
{{ newest('fct_stablecoin_changes_monthly', ref('fct_stablecoin_changes_monthly_vintages')) }}
