-- Who of this year's hires leaves again before the year ends.

with drawn as (

    select
        employee_id,
        level_id,
        annual_salary,
        hire_date,
        {{ date_in_year('12-31') }} - hire_date as days_left,
        cast({{ var('new_hire_termination_rate') }} as double) as event_rate,
        {{ rand_uniform('employee_id', 'new_hire_termination') }} as draw
    from {{ ref('int_new_hires') }}

),

decided as (

    select
        employee_id,
        level_id,
        annual_salary,
        event_rate,
        draw,
        'First-year departure' as reason_name,
        hire_date + 1 + {{ rand_integer('employee_id', 'new_hire_termination_day', 'days_left') }} as effective_date
    from drawn
    where draw < event_rate

)

{{ termination_event('decided') }}
