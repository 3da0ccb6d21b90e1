-- Drawing again gives what was stored: identity and draw of every event of the simulated year follow from
-- seed, employee, year and purpose alone.
{% set purposes = {
    'HIRE': 'hire_level',
    'PROMOTION': 'promotion',
    'MERIT': 'performance',
    'ESCALATION': 'escalation'
} %}

with recomputed as (

    select
        events.*,
        {{ generate_event_uuid('event_type', 'employee_id') }} as expected_event_id,
        case
            {%- for event_type, purpose in purposes.items() %}
            when event_type = '{{ event_type }}' then {{ rand_uniform('employee_id', purpose) }}
            {%- endfor %}
            when event_type = 'ENROLLMENT' and event_details = 'Enrolled: automatic'
                then {{ rand_uniform('employee_id', 'auto_enrollment') }}
            when event_type = 'ENROLLMENT' then {{ rand_uniform('employee_id', 'enrollment') }}
            when event_details = 'Left: First-year departure'
                then {{ rand_uniform('employee_id', 'new_hire_termination') }}
            when event_type = 'TERMINATION' then {{ rand_uniform('employee_id', 'termination') }}
        end as expected_draw
    from {{ ref('fct_yearly_events') }} as events
    where simulation_year = {{ simulation_year() }}

)

select
    event_id,
    expected_event_id,
    event_type,
    employee_id,
    random_draw,
    expected_draw
from recomputed
where event_id <> expected_event_id
    or random_draw is distinct from expected_draw
    or (event_type not in ('HIRE', 'MERIT') and random_draw >= event_probability)
