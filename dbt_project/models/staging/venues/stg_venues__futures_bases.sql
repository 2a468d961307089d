-- Basis per dated contract and day, one row per recorded change.
select * from {{ source('core', 'core_basis__contracts') }}
