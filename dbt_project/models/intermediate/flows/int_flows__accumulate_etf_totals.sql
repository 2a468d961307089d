-- Per trade date and asset, at every instant: the sum of the funds that have reported, and how many have.
-- A cell's change enters as a difference, so that running sums give the state of all cells at once.
{{ config(pre_hook="{{ delete_changed('fct_etf_totals_daily') }}") }}
{% set counted = ['flow', 'reported', 'seen', 'open'] %}
with cells as (
  select
    trade_date, asset, fund, recorded_at, source, is_simulated,
    change_reason = 'new_fund' as is_new_fund,
    {{ exact('coalesce(flow_usd, 0)') }} as flow,
    (flow_usd is not null)::integer as reported,
    (status is distinct from 'not_launched')::integer as seen,
    (status is distinct from 'not_launched' and finality not in ('final', 'restated'))::integer as open
  from {{ ref('fct_etf_flows_daily_vintages') }}
  where {{ is_changed('fct_etf_totals_daily', 'trade_date') }}
),
printed as (
  select * from {{ ref('stg_farside__etf_totals') }}
  where {{ is_changed('fct_etf_totals_daily', 'trade_date') }}
),
steps as (
  select
    trade_date, asset, recorded_at, source, is_simulated, is_new_fund,
    {% for name in counted -%}
    {{ name }} - coalesce(lag({{ name }}) over (partition by trade_date, asset, fund order by recorded_at), 0) as {{ name }},
    {% endfor -%}
    null as printed_total_usd
  from cells
  union all by name
  select
    trade_date, asset, recorded_at, source, is_simulated, false as is_new_fund, printed_total_usd,
    {% for name in counted %}0 as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
  from ({{ best_source('printed', ['trade_date', 'asset'], 'printed_total_usd') }})
),
running as (
  select
    trade_date, asset, recorded_at,
    {% for name in counted -%}
    sum({{ name }}) over as_of as {{ name }},
    {% endfor -%}
    {{ newest_where('true', 'printed_total_usd') }} as printed_total_usd,
    bool_or(is_simulated) over as_of as is_simulated,
    bool_or(is_new_fund) over at_instant as is_new_fund,
    min(source) over at_instant as source
  from steps
  window
    as_of as ({{ as_of('trade_date, asset') }}),
    at_instant as (partition by trade_date, asset, recorded_at)
  qualify row_number() over at_instant = 1
),
expected as (
  select
    *,
    greatest(seen, (
      select count(*) from {{ ref('funds') }} as funds
      where funds.asset = running.asset and funds.launch_date <= running.trade_date
    )) as n_funds_expected
  from running
)
select
  trade_date, asset, printed_total_usd, n_funds_expected,
  case when reported > 0 then cast(flow as double) end as flow_usd,
  reported as n_funds_reported,
  case when reported = 0 then 'pending' when reported < n_funds_expected then 'partial' end as status,
  case when open = 0 and seen = n_funds_expected then 'final' else 'preliminary' end as finality,
  source, recorded_at, is_simulated, is_new_fund
from expected
