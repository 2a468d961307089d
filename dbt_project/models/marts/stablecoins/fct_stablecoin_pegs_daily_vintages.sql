-- Every price of a day.
{{ config(pre_hook="{{ delete_changed('fct_stablecoin_pegs_daily') }}") }}
{{ vintages('fct_stablecoin_pegs_daily', ref('int_stablecoins__name_pegs'),
  more_data="previous_finality = 'preliminary'", other_source='source <> previous_source') }}
