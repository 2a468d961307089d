-- Supplies with net issuance: at every instant, against the then-latest supply of the day before by the same feed.
{{ config(pre_hook="{{ delete_changed('fct_stablecoin_supply_daily') }}") }}
with days as (
  select fact_date, stablecoin_id, chain, recorded_at, supplies as own, null as before
  from {{ ref('int_stablecoins__choose_sources') }} as supplies
  where {{ is_changed('fct_stablecoin_supply_daily', 'fact_date') }}
  union all
  select fact_date + 1, stablecoin_id, chain, recorded_at, null as own, supplies as before
  from {{ ref('int_stablecoins__choose_sources') }} as supplies
  where {{ is_changed('fct_stablecoin_supply_daily', 'fact_date', shift=-1) }}
),
known as (
  select
    recorded_at as instant,
    last_value(own ignore nulls) over as_of as own,
    last_value(before ignore nulls) over as_of as before
  from days
  window as_of as ({{ as_of('fact_date, stablecoin_id, chain') }})
  qualify row_number() over (partition by fact_date, stablecoin_id, chain, recorded_at order by own is null) = 1
)
select
  own.* replace (instant as recorded_at),
  case when own.source = before.source then own.circulating_peg - before.circulating_peg end as net_issuance_peg
from known
where own is not null
