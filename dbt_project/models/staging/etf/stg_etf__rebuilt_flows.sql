-- ETF net flow per fund rebuilt from its issuer's share counts.
select
  trade_date, asset, fund, flow_usd, shares_change, nav_usd,
  status, finality, source, raw_sha256, recorded_at, is_simulated
from {{ source('core', 'core_etf__rebuilt_flows') }}
