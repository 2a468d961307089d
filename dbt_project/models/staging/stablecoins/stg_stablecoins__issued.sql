-- Gross issue and redemption per day, coin and chain, at every instant at which they changed.
select fact_date, stablecoin_id, chain, gross_issued_peg, gross_redeemed_peg, source, recorded_at, is_simulated
from {{ source('core', 'core_stablecoins__issued') }}
