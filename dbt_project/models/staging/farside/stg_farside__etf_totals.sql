-- The totals that Farside's tables printed.
select trade_date, asset, printed_total_usd, finality, source, known_at as recorded_at, is_simulated
from {{ source('core', 'core_etf__totals') }}
where starts_with(source, 'farside_')
