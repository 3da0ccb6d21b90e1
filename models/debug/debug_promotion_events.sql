-- Every promotion draw of the year, also those that came to nothing, to see why someone was or was not drawn.

select
    workforce.employee_id,
    workforce.level_id,
    workforce.age_band,
    workforce.tenure_band,
    hazards.base_rate,
    hazards.age_multiplier,
    hazards.tenure_multiplier,
    hazards.event_rate,
    {{ rand_uniform('workforce.employee_id', 'promotion') }} as draw,
    events.event_id is not null as has_event,
    events.effective_date
from {{ ref('int_opening_workforce') }} as workforce
{{ join_hazard('promotion', 'workforce') }}
left join {{ ref('int_promotion_events') }} as events
    on workforce.employee_id = events.employee_id
