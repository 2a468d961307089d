-- What each source's table of a trade date amounts to; `new_fund_at` is when a fund joined it.
select
  trade_date, asset, flow_usd, printed_total_usd, n_funds_reported, n_funds_expected,
  case when is_new_fund then recorded_at end as new_fund_at,
  status, finality, source, recorded_at, is_simulated
from {{ source('core', 'core_etf__source_totals') }}
