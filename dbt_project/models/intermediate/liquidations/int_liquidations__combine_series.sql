-- Sums of venue prints and vendor aggregates, one under the other and never added, with their feed's regime;
-- a vendor's own regime, whatever it covers, for nobody says which prints reach it.
-- Only a feed that sends at most one print per contract and some time can be full.
{{ config(materialized='view') }}
with series as (
  select * from {{ ref('int_liquidations__accumulate_prints') }}
  union all by name
  select *, case when notional_usd is null then 'pending' end as status
  from {{ ref('int_liquidations__pivot_vendor_totals') }}
),
in_regime as (
  {{ with_regime('series', "case when sums.series = 'vendor_aggregate' then 'all' else sums.venue end") }}
)
select * exclude (n_seconds, bucket_ms), case when bucket_ms is not null then n_seconds / 86400.0 end as saturation_ratio
from in_regime
