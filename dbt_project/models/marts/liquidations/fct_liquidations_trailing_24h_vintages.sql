-- Every sum of the window known from its end on.
{{ config(pre_hook="{{ delete_changed('fct_liquidations_trailing_24h') }}") }}
{{ vintages('fct_liquidations_trailing_24h', ref('int_liquidations__trail_hours'), more_data='true') }}
