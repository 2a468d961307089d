-- Rendered from schemas/ by `make render`; do not edit.
-- The newest vintage of every row.
{{ config(pre_hook="{{ delete_changed('fct_futures_basis_daily') }}") }}
{{ newest('fct_futures_basis_daily', ref('fct_futures_basis_daily_vintages')) }}
