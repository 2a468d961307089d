-- Every value that a fund's cell has had.
{{ config(pre_hook="{{ delete_changed('fct_etf_flows_daily') }}") }}
{{ vintages('fct_etf_flows_daily', ref('int_flows__check_etf_navs'),
  placeholder='previous_printed_flow_usd = 0', new_member='is_first and is_new_fund',
  other_source='source <> previous_source') }}
