-- The chosen source and the grade of every graded figure, one row per recorded change.
select confidence_series, fact_date, asset, entity, source, low, high, n_clusters, grade, recorded_at
from {{ source('core', 'core_confidence__assessments') }}
