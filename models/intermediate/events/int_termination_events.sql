-- Who of last year's people leaves this year, when and why.

with drawn as (

    select
        workforce.employee_id,
        workforce.level_id,
        workforce.annual_salary,
        hazards.event_rate,
        {{ rand_uniform('workforce.employee_id', 'termination') }} as draw,
        {{ rand_uniform('workforce.employee_id', 'termination_reason') }} as reason_draw
    from {{ ref('int_opening_workforce') }} as workforce
    {{ join_hazard('termination', 'workforce') }}

),

decided as (

    select
        drawn.*,
        reasons.reason_name,
        {{ random_day('drawn.employee_id', 'termination_day') }} as effective_date
    from drawn
    inner join {{ ref('stg_termination_reasons') }} as reasons
        on drawn.reason_draw >= reasons.draw_from
        and drawn.reason_draw < reasons.draw_to
    where drawn.draw < drawn.event_rate

)

{{ termination_event('decided') }}
