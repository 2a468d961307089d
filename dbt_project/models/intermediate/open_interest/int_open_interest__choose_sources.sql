-- Open interest per contract and day by the feed that the assessments chose, with its grade, as of every instant.
-- A day is whole without the day before: the change alone is then missing, which the grade need not know.
{{ config(pre_hook="{{ delete_changed('fct_open_interest_daily') }}") }}
with days as (
  select * from {{ ref('stg_open_interest__days') }} where {{ is_changed('fct_open_interest_daily', 'fact_date') }}
),
chosen as (
  {{ best_source('fct_open_interest_daily', 'days', 'open_interest', 'open_interest_usd', entity="venue || '|' || symbol") }}
)
select
  * replace (coalesce(
    status, case when change_usd is null and open_interest_usd is not null then 'no_previous_day' end
  ) as status)
from chosen
