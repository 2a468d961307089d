-- Instruments as the venues described them.
select
  venue, symbol, asset, quote_currency, settle_currency, instrument_kind, margin_type, contract_value,
  contract_value_currency, listed_at, expires_at, source, raw_sha256, known_at, is_simulated
from {{ source('core', 'core_instruments__contracts') }}
