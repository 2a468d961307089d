-- Every total over the funds that had reported.
{{ config(pre_hook="{{ delete_changed('fct_etf_totals_daily') }}") }}
{{ vintages('fct_etf_totals_daily', ref('int_flows__accumulate_etf_totals'),
  more_data="previous_status = 'partial'", new_member='not is_first and is_new_fund') }}
