-- Every sum known of a contract's day; settlements that follow are more data.
{{ config(pre_hook="{{ delete_changed('fct_funding_daily') }}") }}
{{ vintages('fct_funding_daily', ref('int_funding__choose_sources'),
  more_data="previous_finality = 'preliminary'", other_source='source <> previous_source') }}
