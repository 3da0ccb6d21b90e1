-- Whose deferral rate takes the yearly step up, as far as the cap.

with drawn as (

    select
        employee_id,
        level_id,
        deferral_rate,
        least(deferral_rate + {{ var('escalation_step') }}, {{ var('escalation_cap') }}) as raised_rate,
        cast({{ 1 - var('escalation_opt_out_rate') }} as double) as event_rate,
        {{ rand_uniform('employee_id', 'escalation') }} as draw,
        {{ date_in_year(var('escalation_month_day')) }} as effective_date
    from {{ ref('int_opening_workforce') }}
    where is_enrolled
        and deferral_rate < {{ var('escalation_cap') }}

),

decided as (

    select drawn.*
    from drawn
    left join {{ ref('int_termination_events') }} as terminations
        on drawn.employee_id = terminations.employee_id
        and terminations.effective_date <= drawn.effective_date
    where drawn.draw < drawn.event_rate
        and terminations.employee_id is null

)

{{ escalation_event('decided') }}
