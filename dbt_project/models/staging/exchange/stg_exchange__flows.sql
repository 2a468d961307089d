-- Exchange flows and reserves of all vendors, one row per metric and unit.
select
  fact_date, asset, entity, metric, unit, value, label_version,
  status, finality, source, known_at as recorded_at, is_simulated
from {{ source('core', 'core_exchange__flows') }}
