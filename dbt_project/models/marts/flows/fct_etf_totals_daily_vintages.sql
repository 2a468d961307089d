-- Every total over an asset's funds.
{{ config(pre_hook="{{ delete_changed('fct_etf_totals_daily') }}") }}
{{ vintages('fct_etf_totals_daily', ref('int_flows__choose_etf_totals'),
  more_data="previous_status = 'partial'", new_member='not is_first and new_fund_at = recorded_at',
  other_source='source <> previous_source') }}
