-- Every state of a month's change.
{{ config(pre_hook="{{ delete_changed('fct_stablecoin_changes_monthly') }}") }}
{{ vintages('fct_stablecoin_changes_monthly', ref('int_stablecoins__name_months'),
  more_data="previous_finality = 'preliminary'", other_source='source <> previous_source') }}
