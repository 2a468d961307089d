-- Sources that contradict the newest published value.
select * from {{ source('core', 'core_confidence__contradictions') }}
