-- Supplies with what changed since the day before: at every instant, against the then-latest supply of that day by
-- the same feed, with the then-latest prices of both days and the issuer's events of the day.
{{ config(pre_hook="{{ delete_changed('fct_stablecoin_supply_daily') }}") }}
{% set key = 'fact_date, stablecoin_id, chain' %}
with supplies as (
  select {{ key }}, recorded_at, supplies as own
  from {{ ref('int_stablecoins__choose_sources') }} as supplies
  where {{ is_changed('fct_stablecoin_supply_daily', 'fact_date') }}
),
chains as (
  select distinct {{ key }} from supplies
),
prices as (
  select fact_date, stablecoin_id, recorded_at, pegs as price
  from {{ ref('stg_stablecoins__pegs') }} as pegs
  where price_usd is not null and {{ is_changed('fct_stablecoin_supply_daily', 'fact_date') }}
),
prices_before as (
  select fact_date + 1 as fact_date, stablecoin_id, recorded_at, price_usd as price_before
  from {{ ref('stg_stablecoins__pegs') }}
  where price_usd is not null and {{ is_changed('fct_stablecoin_supply_daily', 'fact_date', shift=-1) }}
),
inputs as (
  select * from supplies
  union all by name
  select fact_date + 1 as fact_date, stablecoin_id, chain, recorded_at, supplies as before
  from {{ ref('int_stablecoins__choose_sources') }} as supplies
  where {{ is_changed('fct_stablecoin_supply_daily', 'fact_date', shift=-1) }}
  union all by name
  select {{ key }}, recorded_at, price from chains inner join prices using (fact_date, stablecoin_id)
  union all by name
  select {{ key }}, recorded_at, price_before from chains inner join prices_before using (fact_date, stablecoin_id)
  union all by name
  select {{ key }}, recorded_at, issued
  from chains inner join {{ ref('stg_stablecoins__issued') }} as issued using (fact_date, stablecoin_id, chain)
),
known as (
  select
    recorded_at as instant,
    {% for name in ['own', 'before', 'price', 'price_before', 'issued'] -%}
    last_value({{ name }} ignore nulls) over as_of as {{ name }}{{ ',' if not loop.last }}
    {% endfor -%}
  from inputs
  window as_of as ({{ as_of(key) }})
  qualify row_number() over (partition by {{ key }}, recorded_at order by own is null) = 1
),
days as (
  select
    *,
    {{ without_dust('own.circulating_peg') }} as supply_peg,
    case when own.source = before.source then {{ without_dust('before.circulating_peg') }} end as supply_before_peg
  from known
  where own is not null
),
changes as (
  select
    *,
    {{ supply_changes('supply_before_peg', 'supply_peg', 'price_before', 'price.price_usd') }}
  from days
)
select
  own.* exclude (is_simulated) replace (instant as recorded_at, supply_peg as circulating_peg),
  price.price_usd, price.priced_at,
  issued.gross_issued_peg, issued.gross_redeemed_peg,
  supply_change_peg, change_ratio, supply_effect_usd, price_effect_usd,
  supply_effect_usd + price_effect_usd as market_value_change_usd,
  case
    when supply_change_peg is null then 'no_previous_day'
    when change_ratio is null then 'zero_base'
    when supply_effect_usd is null then 'no_price'
    when issued is null then 'no_issuance'
  end as change_status,
  own.is_simulated or coalesce(price.is_simulated, false) or coalesce(issued.is_simulated, false) as is_simulated
from changes
