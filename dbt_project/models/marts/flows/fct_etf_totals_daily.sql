-- Rendered from schemas/ by `make render`; do not edit.
-- The newest vintage of every row.
{{ config(pre_hook="{{ delete_changed('fct_etf_totals_daily') }}") }}
{{ newest('fct_etf_totals_daily', ref('fct_etf_totals_daily_vintages')) }}
