-- Every sample that was an hour's last.
{{ config(pre_hook="{{ delete_changed('fct_open_interest_hourly') }}") }}
{{ vintages('fct_open_interest_hourly', ref('int_open_interest__choose_hours'),
  more_data="previous_finality = 'preliminary'", other_source='source <> previous_source') }}
