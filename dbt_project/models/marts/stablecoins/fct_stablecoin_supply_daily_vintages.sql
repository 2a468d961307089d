-- Every supply that a source has given.
{{ config(pre_hook="{{ delete_changed('fct_stablecoin_supply_daily') }}") }}
{{ vintages('fct_stablecoin_supply_daily', ref('int_stablecoins__convert_to_usd'),
  more_data="previous_finality = 'preliminary'",
  other_source='source <> previous_source') }}
