-- A vendor's day totals, over all venues or of one, coin and dollars side by side, as of every instant.
{{ config(pre_hook="{{ delete_changed('fct_liquidations_daily') }}") }}
with pivoted as (
  select
    fact_date, asset, venue, liq_side, source, recorded_at,
    {{ newest_where("unit = 'usd'") }} as notional_usd,
    {{ newest_where("unit = 'coin'") }} as quantity_coin,
    {{ newest_where("unit = 'usd'", 'finality') }} as finality_of_usd,
    {{ newest_where("unit = 'coin'", 'finality') }} as finality_of_coin,
    bool_or(is_simulated) over as_of as is_simulated
  from {{ ref('stg_liquidations__vendor_totals') }}
  where {{ is_changed('fct_liquidations_daily', 'fact_date') }}
  window as_of as ({{ as_of('fact_date, asset, venue, liq_side, source') }})
  qualify row_number() over (partition by fact_date, asset, venue, liq_side, source, recorded_at order by unit) = 1
),
graded as (
  select
    * exclude (finality_of_usd, finality_of_coin),
    case when 'preliminary' in (finality_of_usd, finality_of_coin) then 'preliminary' else 'final' end as finality
  from pivoted
)
select *, 'vendor_aggregate' as series
from (
  {{ best_source('fct_liquidations_daily', 'graded', 'liquidations', 'notional_usd',
    entity="venue || '|' || liq_side || '|vendor_aggregate'") }}
)
