-- Stablecoin supplies of all sources per coin and chain, in units of the peg.
select
  fact_date, stablecoin_id, chain, circulating_peg, minted_peg, unreleased_peg, circulating_usd,
  status, finality, source, raw_sha256, known_at as recorded_at, is_simulated
from {{ source('core', 'core_stablecoins__supply') }}
