-- Every basis computed for a contract's day.
{{ config(pre_hook="{{ delete_changed('fct_futures_basis_daily') }}") }}
{{ vintages('fct_futures_basis_daily', ref('stg_venues__futures_bases'),
  more_data="previous_finality = 'preliminary'") }}
