-- Open interest per contract, hour and feed, one row per recorded change.
select * from {{ source('core', 'core_open_interest__hourly') }}
