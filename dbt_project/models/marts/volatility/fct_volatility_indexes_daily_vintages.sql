-- Every bar of an index that its venue has given for a day.
{{ config(pre_hook="{{ delete_changed('fct_volatility_indexes_daily') }}") }}
{% set bars %}(select *, known_at as recorded_at from {{ source('core', 'core_volatility__index_bars') }}){% endset %}
{{ vintages('fct_volatility_indexes_daily', bars, more_data="previous_finality = 'preliminary'") }}
