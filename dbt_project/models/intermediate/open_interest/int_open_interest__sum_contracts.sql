-- Open interest per asset and kind of margin over the contracts of all venues, as of every instant. Vendors'
-- totals are left out: they hold the same contracts again.
{{ config(pre_hook="{{ delete_changed('fct_open_interest_totals_daily') }}") }}
{% set changes = [
  'change_coin', 'change_usd', 'price_effect_usd', 'quantity_effect_usd', 'price_effect_coin', 'quantity_effect_coin'
] %}
with contracts as (
  select * from {{ ref('fct_open_interest_daily_vintages') }}
  where series = 'contract' and margin_type is not null
    and {{ is_changed('fct_open_interest_totals_daily', 'fact_date') }}
),
-- The contracts of the day before, under the day that they are compared with.
earlier as (
  select fact_date + 1 as fact_date, asset, margin_type, venue, symbol, recorded_at, superseded_at
  from {{ ref('fct_open_interest_daily_vintages') }}
  where series = 'contract' and margin_type is not null and open_interest_usd is not null
    and {{ is_changed('fct_open_interest_totals_daily', 'fact_date', shift=-1) }}
),
instants as (
  select fact_date, asset, margin_type, recorded_at as instant from contracts
  union
  select earlier.fact_date, earlier.asset, earlier.margin_type, earlier.recorded_at
  from earlier
  semi join contracts using (fact_date, asset, margin_type)
),
before as (
  select
    fact_date, asset, margin_type, instant, count(*) as n_before, count(distinct venue) as n_venues_before
  from instants inner join earlier using (fact_date, asset, margin_type)
  where earlier.recorded_at <= instant and (earlier.superseded_at is null or instant < earlier.superseded_at)
  group by all
),
summed as (
  select
    fact_date, asset, margin_type, instant,
    {{ exact_sum('open_interest_coin') }} as open_interest_coin,
    {{ exact_sum('open_interest_usd') }} as open_interest_usd,
    {% for name in changes -%}
    {{ exact_sum(name) }} as {{ name }},
    {% endfor -%}
    count(*) filter (where open_interest_usd is not null) as n_contracts,
    count(distinct venue) filter (where open_interest_usd is not null) as n_venues,
    count(*) as n_seen,
    count(change_usd) as n_both,
    min(status) filter (where open_interest_usd is null or open_interest_coin is null) as why_missing,
    bool_and(finality in ('final', 'restated')) as is_final,
    max(source) as source,
    bool_or(is_simulated) as is_simulated
  from instants inner join contracts using (fact_date, asset, margin_type)
  where contracts.recorded_at <= instant and (contracts.superseded_at is null or instant < contracts.superseded_at)
  group by all
)
select
  summed.* exclude (instant, n_seen, n_both, why_missing, is_final),
  instant as recorded_at,
  case
    when why_missing is not null then why_missing
    when n_both = 0 then 'no_previous_day'
    when n_both <> n_contracts or n_both <> coalesce(n_before, 0) then 'contracts_differ'
  end as status,
  -- A venue that was there on the day before and has no contract yet is late, and the total without it is no final one.
  case when is_final and n_venues >= coalesce(n_venues_before, 0) then 'final' else 'preliminary' end as finality
from summed
left join before using (fact_date, asset, margin_type, instant)
