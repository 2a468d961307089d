-- The day's price of each coin, at every instant at which it changed.
select
  fact_date, stablecoin_id, price_usd, priced_at, vwap_usd, peg_method, n_quotes, n_excluded,
  source, recorded_at, is_simulated
from {{ source('core', 'core_stablecoins__pegs') }}
