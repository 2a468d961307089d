-- Every sum over the contracts known by then; a contract that joins is more data.
{{ config(pre_hook="{{ delete_changed('fct_open_interest_totals_daily') }}") }}
{{ vintages('fct_open_interest_totals_daily', ref('int_open_interest__sum_contracts'),
  more_data="true") }}
