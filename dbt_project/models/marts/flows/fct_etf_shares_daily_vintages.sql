-- Every share count and net asset value that an issuer has given for a date.
{{ config(pre_hook="{{ delete_changed('fct_etf_shares_daily') }}") }}
{{ vintages('fct_etf_shares_daily', ref('int_flows__merge_etf_shares'),
  more_data="previous_finality = 'preliminary'") }}
