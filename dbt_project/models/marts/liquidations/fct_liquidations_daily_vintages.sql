-- Every sum of the prints known by then; more prints are more data, not a restatement by the source.
{{ config(pre_hook="{{ delete_changed('fct_liquidations_daily') }}") }}
{{ vintages('fct_liquidations_daily', ref('int_liquidations__combine_series'),
  more_data="series = 'venue_prints' or previous_finality = 'preliminary'",
  other_source="series = 'vendor_aggregate' and source <> previous_source") }}
