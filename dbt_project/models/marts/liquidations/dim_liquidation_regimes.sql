-- How complete each venue's liquidation feed was, and when.
{{ config(materialized='table') }}
select
  venue, feed_regime,
  cast(valid_from as timestamp) at time zone 'UTC' as valid_from,
  cast(valid_to as timestamp) at time zone 'UTC' as valid_to,
  is_lower_bound, bucket_ms, kept_print, regime_description
from {{ ref('liquidation_regimes') }}
