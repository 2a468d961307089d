-- Prices by asset, and their deviation where the peg is the dollar.
{{ config(materialized='view') }}
select
  pegs.*, assets.peg_currency,
  coalesce(assets.asset, 'llama.' || pegs.stablecoin_id) as asset,
  case when assets.peg_currency = 'USD' then (pegs.price_usd - 1) * 10000 end as deviation_bps,
  case when assets.peg_currency = 'USD' then (pegs.vwap_usd - 1) * 10000 end as vwap_deviation_bps,
  case
    when pegs.price_usd is null then 'thin_market'
    when assets.peg_currency is null then 'unknown_peg'
    when assets.peg_currency <> 'USD' then 'not_usd_peg'
  end as status,
  -- A day's last price is not known before the day is over.
  case when pegs.recorded_at < pegs.fact_date + interval 1 day then 'preliminary' else 'final' end as finality
from {{ ref('stg_stablecoins__pegs') }} as pegs
left join {{ ref('int_stablecoins__name_assets') }} as assets using (stablecoin_id)
