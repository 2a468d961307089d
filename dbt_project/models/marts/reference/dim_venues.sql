-- Venues and the conventions of their feeds.
select venue, venue_name, liquidation_side_field, liquidation_price_kind, day_boundary from {{ ref('venues') }}
