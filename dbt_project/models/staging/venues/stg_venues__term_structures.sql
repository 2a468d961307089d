-- Constant-maturity basis per day, one row per recorded change.
select * from {{ source('core', 'core_basis__term_structure') }}
