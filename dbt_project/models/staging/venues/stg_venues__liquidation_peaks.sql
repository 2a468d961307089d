-- The largest rolling hour of each day, as of each change.
select fact_date, asset, venue, liq_side, max_1h_usd, max_1h_at, recorded_at
from {{ source('core', 'core_liquidations__max_1h') }}
