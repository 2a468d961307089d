-- Every sum of the hour's prints known by then.
{{ config(pre_hook="{{ delete_changed('fct_liquidations_hourly') }}") }}
{{ vintages('fct_liquidations_hourly', ref('int_liquidations__accumulate_hours'), more_data='true') }}
