-- Rendered from schemas/ by `make render`; do not edit.
-- The newest vintage of every row.
{{ config(pre_hook="{{ delete_changed('fct_liquidations_trailing_24h') }}") }}
{{ newest('fct_liquidations_trailing_24h', ref('fct_liquidations_trailing_24h_vintages')) }}
