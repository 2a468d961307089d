-- ETF net flow per fund as Farside's tables printed it.
select
  trade_date, asset, fund, flow_usd, printed_flow_usd,
  status, finality, source, raw_sha256, known_at as recorded_at, is_simulated
from {{ source('core', 'core_etf__flows') }}
where starts_with(source, 'farside_')
