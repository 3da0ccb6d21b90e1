-- Who joins the retirement plan this year: hires automatically unless they opt out, others by choice.

with by_choice as (

    select
        workforce.employee_id,
        workforce.level_id,
        hazards.event_rate,
        {{ rand_uniform('workforce.employee_id', 'enrollment') }} as draw,
        {{ random_day('workforce.employee_id', 'enrollment_day') }} as effective_date,
        'by choice' as enrollment_kind,
        0.03 + {{ rand_integer('workforce.employee_id', 'deferral_rate', 6) }} / 100.0 as deferral_rate
    from {{ ref('int_opening_workforce') }} as workforce
    {{ join_hazard('enrollment', 'workforce') }}
    where not workforce.is_enrolled

),

automatic as (

    select
        employee_id,
        level_id,
        cast({{ 1 - var('auto_enrollment_opt_out_rate') }} as double) as event_rate,
        {{ rand_uniform('employee_id', 'auto_enrollment') }} as draw,
        hire_date + {{ var('auto_enrollment_wait_days') }} as effective_date,
        'automatic' as enrollment_kind,
        {{ var('auto_enrollment_rate') }} as deferral_rate
    from {{ ref('int_new_hires') }}

),

candidates as (

    select * from by_choice
    union all
    select * from automatic

),

leaving as (

    select employee_id, effective_date from {{ ref('int_termination_events') }}
    union all
    select employee_id, effective_date from {{ ref('int_new_hire_termination_events') }}

),

decided as (

    select candidates.*
    from candidates
    left join leaving
        on candidates.employee_id = leaving.employee_id
        and leaving.effective_date <= candidates.effective_date
    where candidates.draw < candidates.event_rate
        and candidates.effective_date <= {{ date_in_year('12-31') }}
        and leaving.employee_id is null

)

{{ enrollment_event('decided') }}
