-- How likely each kind of event is at each level, before multipliers.
select
    lower(event_type) as event_type,
    level_id,
    base_rate
from {{ ref('hazard_bases') }}
