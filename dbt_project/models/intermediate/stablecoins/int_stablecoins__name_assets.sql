-- Asset code and peg of each id: by its newest description, or by the reference where no payload has one.
-- Of ids that share a symbol, the lowest keeps it.
{{ config(materialized='table') }}
with newest as (
  select stablecoin_id, symbol, asset_name, peg_currency
  from {{ ref('stg_defillama__stablecoins') }}
  qualify row_number() over (partition by stablecoin_id order by known_at desc, source) = 1
),
named as (
  select * from newest
  union all
  select stablecoin_id, symbol, asset_name, peg_currency
  from {{ ref('stablecoins') }}
  where stablecoin_id not in (select stablecoin_id from newest)
)
select
  stablecoin_id, asset_name, peg_currency,
  case
    when row_number() over (
      partition by symbol order by try_cast(stablecoin_id as bigint) nulls last, stablecoin_id
    ) = 1 then symbol
    else symbol || '.' || stablecoin_id
  end as asset
from named
