-- Funding per asset and day over venues, one row per recorded change.
select * from {{ source('core', 'core_funding__weighted') }}
