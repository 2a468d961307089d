-- Share counts and net asset values as the issuers' files gave them.
select
  as_of_date, asset, fund, shares_outstanding, nav_usd,
  status, finality, source, raw_sha256, known_at as recorded_at, is_simulated
from {{ source('core', 'core_etf__shares') }}
