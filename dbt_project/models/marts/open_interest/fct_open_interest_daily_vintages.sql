-- Every sample that was a day's last; until the day is over a later one is more data.
{{ config(pre_hook="{{ delete_changed('fct_open_interest_daily') }}") }}
{{ vintages('fct_open_interest_daily', ref('int_open_interest__choose_sources'),
  more_data="previous_finality = 'preliminary'", other_source='source <> previous_source') }}
