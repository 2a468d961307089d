-- CryptoQuant's exchange flows and reserves, one row per metric and unit.
select
  fact_date, asset, entity, metric, unit, value,
  status, finality, source, known_at as recorded_at, is_simulated
from {{ source('core', 'core_exchange__flows') }}
where starts_with(source, 'cryptoquant_')
