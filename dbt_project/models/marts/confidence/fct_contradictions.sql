-- Who says otherwise, by how much, and the likely reason. Few rows, so the table is made whole.
{{ config(materialized='table') }}
select
  confidence_series, fact_date, asset, entity, source, cluster, opinion_value, anchor_source, anchor_value,
  delta_bands, contradiction_reason, known_at, is_simulated
from {{ ref('stg_confidence__contradictions') }}
