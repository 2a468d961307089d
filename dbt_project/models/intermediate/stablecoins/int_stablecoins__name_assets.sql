-- Asset code and peg of each id: the reference's, or else the first description that a payload gave. What an id
-- is called is identity, not knowledge: a later description must not rename or revalue what was published.
-- Of ids that share a symbol, the reference's keeps it, then the one described first.
{{ config(materialized='table') }}
with described as (
  select stablecoin_id, symbol, asset_name, peg_currency, known_at
  from {{ ref('stg_stablecoins__assets') }}
  where stablecoin_id not in (select stablecoin_id from {{ ref('stablecoins') }})
  qualify row_number() over (partition by stablecoin_id order by known_at, source) = 1
),
named as (
  select stablecoin_id, symbol, asset_name, peg_currency, null as known_at from {{ ref('stablecoins') }}
  union all by name
  select * from described
)
select
  stablecoin_id, asset_name, peg_currency,
  case
    when row_number() over (
      partition by symbol order by known_at nulls first, try_cast(stablecoin_id as bigint) nulls last, stablecoin_id
    ) = 1 then symbol
    else symbol || '.' || stablecoin_id
  end as asset
from named
