-- Every vintage of all flows in one shape.
{{ config(pre_hook="{{ delete_changed('fct_flows_daily') }}") }}
{{ vintages('fct_flows_daily', ref('int_flows__conform_flows'),
  placeholder="flow_type = 'etf' and previous_flow_usd = 0",
  other_source="source <> previous_source",
  more_data="flow_type <> 'etf' and previous_finality = 'preliminary'") }}
