-- CryptoQuant's daily liquidation totals over all venues, one row per unit.
select
  fact_date, asset, liq_side, unit, value,
  status, finality, source, known_at as recorded_at, is_simulated
from {{ source('core', 'core_liquidations__vendor_totals') }}
where starts_with(source, 'cryptoquant_')
