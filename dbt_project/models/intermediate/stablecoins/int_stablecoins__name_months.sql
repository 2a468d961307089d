-- Changes of months by asset, in dollars where the vendor gives them or the peg is the dollar.
{{ config(materialized='view') }}
with valued as (
  select
    months.*, assets.peg_currency,
    coalesce(assets.asset, 'llama.' || months.stablecoin_id) as asset,
    {% for name in ['start', 'end'] -%}
    case
      when assets.peg_currency is null then null
      when months.{{ name }}_usd is not null then months.{{ name }}_usd
      when assets.peg_currency = 'USD' then months.{{ name }}_peg
    end as valued_{{ name }}_usd{{ ',' if not loop.last }}
    {% endfor -%}
  from {{ ref('stg_stablecoins__months') }} as months
  left join {{ ref('int_stablecoins__name_assets') }} as assets using (stablecoin_id)
  where not starts_with(months.stablecoin_id, 'all.')
)
select
  * exclude (valued_start_usd, valued_end_usd)
    replace (
      valued_start_usd as start_usd,
      valued_end_usd as end_usd,
      case
        when status is not null then status
        when peg_currency is null then 'unknown_peg'
        when valued_start_usd is null or valued_end_usd is null then 'not_usd_peg'
        when supply_change_peg is null then 'dollars_only'
      end as status
    ),
  valued_end_usd - valued_start_usd as supply_change_usd
from valued
