-- ETF net flow per fund as the tables printed it. Before its launch a fund has no number: some of
-- the tables write a dash there and some a zero, which is no change of anything.
select
  trade_date, asset, fund, flow_usd,
  case when status is distinct from 'not_launched' then printed_flow_usd end as printed_flow_usd,
  status, finality, source, raw_sha256, known_at as recorded_at, is_simulated
from {{ source('core', 'core_etf__flows') }}
