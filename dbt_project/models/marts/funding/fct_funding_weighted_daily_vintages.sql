-- Every mean over venues known of a day.
{{ config(pre_hook="{{ delete_changed('fct_funding_weighted_daily') }}") }}
{{ vintages('fct_funding_weighted_daily', ref('stg_funding__weighted_days'),
  more_data="previous_finality = 'preliminary'") }}
