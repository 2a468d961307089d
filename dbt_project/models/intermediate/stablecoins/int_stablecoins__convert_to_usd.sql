-- Supplies by asset, in dollars where the vendor gives them or the peg is the dollar. Nothing else is a dollar.
-- A vendor's total over coins is no coin: beside them it would be counted twice.
{{ config(materialized='view') }}
select
  supplies.fact_date, supplies.stablecoin_id, supplies.chain, assets.peg_currency,
  coalesce(assets.asset, 'llama.' || supplies.stablecoin_id) as asset,
  supplies.circulating_peg, supplies.minted_peg, supplies.unreleased_peg,
  supplies.price_usd, supplies.priced_at, supplies.gross_issued_peg, supplies.gross_redeemed_peg,
  supplies.supply_change_peg, supplies.change_ratio, supplies.market_value_change_usd, supplies.supply_effect_usd,
  supplies.price_effect_usd, supplies.change_status,
  case
    when assets.peg_currency is null then null
    when supplies.circulating_usd is not null then supplies.circulating_usd
    when assets.peg_currency = 'USD' then supplies.circulating_peg
  end as circulating_usd,
  case
    when supplies.status is not null then supplies.status
    when assets.peg_currency is null then 'unknown_peg'
    when assets.peg_currency <> 'USD' and supplies.circulating_usd is null then 'not_usd_peg'
    when supplies.circulating_peg is null then 'dollars_only'
  end as status,
  -- Other pegs are graded in their own units, which are no dollars.
  case when assets.peg_currency = 'USD' or (assets.peg_currency <> 'USD' and supplies.circulating_usd is not null)
    then supplies.low end as low,
  case when assets.peg_currency = 'USD' or (assets.peg_currency <> 'USD' and supplies.circulating_usd is not null)
    then supplies.high end as high,
  supplies.n_clusters, supplies.grade,
  supplies.finality, supplies.source, supplies.raw_sha256, supplies.recorded_at, supplies.is_simulated
from {{ ref('int_stablecoins__compare_days') }} as supplies
left join {{ ref('int_stablecoins__name_assets') }} as assets using (stablecoin_id)
where not starts_with(supplies.stablecoin_id, 'all.')
