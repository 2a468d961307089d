-- Share counts with the newest count and net asset value of the issuer's files: one of them may lack the value.
{{ config(materialized='view') }}
with merged as (
  select
    as_of_date, asset, fund, finality, source, raw_sha256, recorded_at, is_simulated,
    {{ newest_where('true', 'shares_outstanding') }} as shares_outstanding,
    {{ newest_where('true', 'nav_usd') }} as nav_usd
  from {{ ref('stg_etf__shares') }}
  window as_of as ({{ as_of('as_of_date, asset, fund') }})
  qualify row_number() over (partition by as_of_date, asset, fund, recorded_at order by source) = 1
)
select
  *, shares_outstanding * nav_usd as aum_usd,
  case when shares_outstanding is null then 'no_share_count' when nav_usd is null then 'no_nav' end as status
from merged
