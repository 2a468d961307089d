-- Change of each month per coin and chain, at every instant at which it changed.
select
  month_date, end_date, stablecoin_id, chain, start_peg, end_peg, start_usd, end_usd, start_price_usd, end_price_usd,
  supply_change_peg, change_ratio, market_value_change_usd, supply_effect_usd, price_effect_usd, change_status,
  status, finality, source, recorded_at, is_simulated
from {{ source('core', 'core_stablecoins__months') }}
