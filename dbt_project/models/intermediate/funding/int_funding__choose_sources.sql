-- Funding per contract and day by the feed that the assessments chose, with its grade, as of every instant.
{{ config(pre_hook="{{ delete_changed('fct_funding_daily') }}") }}
with days as (
  select * from {{ ref('stg_funding__days') }} where {{ is_changed('fct_funding_daily', 'fact_date') }}
)
{{ best_source('fct_funding_daily', 'days', 'funding', 'funding_8h_ratio', entity="venue || '|' || symbol") }}
