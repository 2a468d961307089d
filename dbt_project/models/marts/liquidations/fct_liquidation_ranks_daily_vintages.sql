-- Every rank of the day known by then; other days move it, which is no restatement by the source.
{{ config(pre_hook="{{ delete_changed('fct_liquidation_ranks_daily') }}") }}
{{ vintages('fct_liquidation_ranks_daily', ref('int_liquidations__rank_days'), more_data='true') }}
