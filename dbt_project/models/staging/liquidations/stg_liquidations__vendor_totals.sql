-- Daily liquidation totals of all vendors, over all venues or of one, one row per unit.
select
  fact_date, asset, venue, liq_side, unit, value,
  status, finality, source, known_at as recorded_at, is_simulated
from {{ source('core', 'core_liquidations__vendor_totals') }}
