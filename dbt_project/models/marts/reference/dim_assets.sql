-- Coins and stablecoins that the facts name, and the funds.
with coins as (
  select asset from {{ ref('fct_etf_totals_daily') }}
  union
  select asset from {{ ref('fct_exchange_flows_daily') }}
  union
  select asset from {{ ref('fct_liquidations_daily') }}
  union
  select asset from {{ ref('fct_futures_basis_daily') }}
  union
  select asset from {{ ref('fct_funding_daily') }}
  union
  select asset from {{ ref('fct_open_interest_daily') }} where asset <> 'all'
  union
  select asset from {{ ref('dim_instruments') }}
),
stablecoins as (
  select asset, asset_name, peg_currency from {{ ref('int_stablecoins__name_assets') }}
  union all
  select distinct asset, null, null
  from {{ ref('fct_stablecoin_supply_daily') }}
  where asset not in (select asset from {{ ref('int_stablecoins__name_assets') }})
)
select
  asset, 'coin' as asset_kind, cast(null as varchar) as asset_name, cast(null as varchar) as peg_currency,
  cast(null as varchar) as issuer, cast(null as date) as launch_date
from coins
union all
select asset, 'stablecoin', asset_name, peg_currency, null, null from stablecoins
union all
select fund, 'fund', fund_name, null, issuer, launch_date from {{ ref('funds') }}
