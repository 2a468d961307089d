-- Liquidation prints of all venues, with asset, quantity and notional.
select
  fact_date, date_trunc('hour', event_at) as hour_at, date_trunc('second', event_at) as second_at, asset, venue, liq_side,
  notional_usd, quantity_coin, coalesce(is_repricing, false) as is_repricing, status, source, known_at as recorded_at, is_simulated
from {{ source('core', 'core_liquidations__events') }}
