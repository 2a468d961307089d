-- What each collector of a venue saw of the day's prints, as of each change, where there are several.
select fact_date, asset, venue, liq_side, source, observed_usd, benchmark_usd, recorded_at, is_simulated
from {{ source('core', 'core_liquidations__collectors') }}
