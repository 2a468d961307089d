-- ETF flows, exchange netflows and stablecoin issuance in one shape. Of stablecoins, single coins over all chains.
{{ config(materialized='view') }}
select
  trade_date as fact_date, 'etf' as flow_type, asset, fund as entity,
  flow_usd, null as flow_coin, 'usd' as flow_unit, status, finality, source, recorded_at, is_simulated
from {{ ref('fct_etf_flows_daily_vintages') }}
where status is distinct from 'not_launched'
union all by name
select
  fact_date, 'exchange_netflow' as flow_type, asset, entity,
  netflow_usd as flow_usd, netflow_coin as flow_coin, 'coin' as flow_unit,
  case
    when netflow_coin is null then coalesce(status, 'pending')
    when netflow_usd is null then case when status = 'flat_price' then 'flat_price' else 'no_price' end
  end as status,
  finality, source, recorded_at, is_simulated
from {{ ref('fct_exchange_flows_daily_vintages') }}
union all by name
select
  fact_date, 'stablecoin_issuance' as flow_type, asset, chain as entity,
  case when peg_currency = 'USD' then supply_change_peg end as flow_usd,
  supply_change_peg as flow_coin, 'peg' as flow_unit,
  case
    when supply_change_peg is null then coalesce(status, 'no_previous_day')
    when peg_currency is null then 'unknown_peg'
    when peg_currency <> 'USD' then 'not_usd_peg'
  end as status,
  finality, source, recorded_at, is_simulated
from {{ ref('fct_stablecoin_supply_daily_vintages') }}
where chain = 'all'
