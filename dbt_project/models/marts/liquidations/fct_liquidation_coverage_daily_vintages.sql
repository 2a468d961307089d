-- Every share known by then.
{{ config(pre_hook="{{ delete_changed('fct_liquidation_coverage_daily') }}") }}
{{ vintages('fct_liquidation_coverage_daily', ref('int_liquidations__cover_benchmarks'), more_data='true') }}
