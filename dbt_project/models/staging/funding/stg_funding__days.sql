-- Funding per contract, day and feed, one row per recorded change.
select * from {{ source('core', 'core_funding__daily') }}
