-- Every basis computed for a contract's day.
{{ config(pre_hook="{{ delete_changed('fct_futures_basis_daily') }}") }}
{{ vintages('fct_futures_basis_daily', ref('int_basis__grade_contracts'),
  more_data="previous_finality = 'preliminary'") }}
