-- Sums of venue prints and vendor aggregates, one under the other and never added, with their feed's regime.
{{ config(materialized='view') }}
with series as (
  select * from {{ ref('int_liquidations__accumulate_prints') }}
  union all by name
  select *, case when notional_usd is null then 'pending' end as status
  from {{ ref('int_liquidations__pivot_vendor_totals') }}
)
{{ with_regime('series') }}
