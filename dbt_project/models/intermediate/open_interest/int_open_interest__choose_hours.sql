-- Open interest per contract and hour by the first feed in the order of priority, as of every instant. Days are
-- assessed, hours are not: no assessment has an hour as its entity.
{{ config(pre_hook="{{ delete_changed('fct_open_interest_hourly') }}") }}
with hours as (
  select * from {{ ref('stg_open_interest__hours') }} where {{ is_changed('fct_open_interest_hourly', 'fact_date') }}
)
select * exclude (low, high, n_clusters, grade)
from ({{ best_source('fct_open_interest_hourly', 'hours', 'open_interest', 'open_interest_usd',
  entity="venue || '|' || symbol || '|' || strftime(hour_at, '%H')") }})
