-- Who moves up a level this year, and what that pays.

with drawn as (

    select
        workforce.employee_id,
        workforce.level_id,
        levels.next_level_id,
        levels.next_level_min_salary,
        workforce.annual_salary as salary_before,
        levers.promotion_raise,
        hazards.event_rate,
        {{ rand_uniform('workforce.employee_id', 'promotion') }} as draw,
        {{ date_in_year(var('promotion_month_day')) }} as effective_date
    from {{ ref('int_opening_workforce') }} as workforce
    inner join {{ ref('dim_job_levels') }} as levels
        on workforce.level_id = levels.level_id
    inner join {{ ref('dim_compensation_levers') }} as levers
        on workforce.level_id = levers.level_id
        and levers.simulation_year = {{ simulation_year() }}
    {{ join_hazard('promotion', 'workforce') }}
    where levels.next_level_id is not null

),

decided as (

    select
        drawn.*,
        greatest(
            cast(round(drawn.salary_before * (1 + drawn.promotion_raise), 2) as decimal(12, 2)),
            drawn.next_level_min_salary
        ) as salary_after
    from drawn
    left join {{ ref('int_termination_events') }} as terminations
        on drawn.employee_id = terminations.employee_id
        and terminations.effective_date <= drawn.effective_date
    where drawn.draw < drawn.event_rate
        and terminations.employee_id is null

)

{{ promotion_event('decided') }}
