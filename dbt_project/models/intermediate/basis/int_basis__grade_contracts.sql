-- Basis per contract and day with its grade, as of every instant.
{{ config(pre_hook="{{ delete_changed('fct_futures_basis_daily') }}") }}
with contracts as (
  select * from {{ ref('stg_venues__futures_bases') }} where {{ is_changed('fct_futures_basis_daily', 'fact_date') }}
)
{{ with_grade('fct_futures_basis_daily', 'contracts', 'basis', 'basis_annualised_ratio', entity="venue || '|' || symbol") }}
