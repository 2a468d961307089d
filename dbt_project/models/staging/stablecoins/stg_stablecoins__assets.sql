-- What each stablecoin id stands for.
select stablecoin_id, asset as symbol, asset_name, peg_currency, source, known_at
from {{ source('core', 'core_stablecoins__assets') }}
