-- Constant-maturity basis per day with its grade, as of every instant.
{{ config(pre_hook="{{ delete_changed('fct_basis_term_structure_daily') }}") }}
with tenors as (
  select * from {{ ref('stg_venues__term_structures') }}
  where {{ is_changed('fct_basis_term_structure_daily', 'fact_date') }}
)
{{ with_grade('fct_basis_term_structure_daily', 'tenors', 'basis_tenor', 'basis_annualised_ratio',
  entity="venue || '|' || tenor_days") }}
