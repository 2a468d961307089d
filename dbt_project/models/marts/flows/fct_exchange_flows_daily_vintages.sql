-- Every state of a day's exchange flows and reserve.
{{ config(pre_hook="{{ delete_changed('fct_exchange_flows_daily') }}") }}
{{ vintages('fct_exchange_flows_daily', ref('int_flows__price_exchange_flows'),
  more_data="previous_finality = 'preliminary'",
  other_source='source <> previous_source') }}
