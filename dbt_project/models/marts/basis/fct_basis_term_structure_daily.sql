-- Rendered from schemas/ by `make render`; do not edit.
-- The newest vintage of every row.
{{ config(pre_hook="{{ delete_changed('fct_basis_term_structure_daily') }}") }}
{{ newest('fct_basis_term_structure_daily', ref('fct_basis_term_structure_daily_vintages')) }}
