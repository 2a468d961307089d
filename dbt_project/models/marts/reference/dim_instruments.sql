-- Instruments with the time between which each description held; the first holds from the listing.
{% set described = [
  'asset', 'quote_currency', 'settle_currency', 'instrument_kind', 'margin_type', 'contract_value',
  'contract_value_currency', 'listed_at', 'expires_at'
] %}
with states as (
  select * from {{ ref('stg_venues__instruments') }}
  qualify row_number() over (partition by venue, symbol, known_at order by source) = 1
),
compared as (
  select
    *,
    row_number() over by_symbol = 1 as is_first,
    row({{ described | join(', ') }}) is distinct from lag(row({{ described | join(', ') }})) over by_symbol as is_change
  from states
  window by_symbol as (partition by venue, symbol order by known_at)
),
dated as (
  select *, case when is_first then least(listed_at, known_at) else known_at end as valid_from
  from compared
  where is_first or is_change
)
select
  venue, symbol, {{ described | join(', ') }}, valid_from,
  lead(valid_from) over by_symbol as valid_to,
  lead(valid_from) over by_symbol is null as is_latest,
  source, raw_sha256, known_at, is_simulated
from dated
window by_symbol as (partition by venue, symbol order by valid_from)
