-- What age and tenure do to the base rates.
select
    lower(event_type) as event_type,
    lower(dimension) as dimension,
    band,
    multiplier
from {{ ref('hazard_multipliers') }}
