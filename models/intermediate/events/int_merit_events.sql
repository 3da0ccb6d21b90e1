-- The yearly raise: merit by performance and position in the salary range, plus the cost of living.

with positions as (

    -- A promotion earlier in the year counts: level and salary are those on the day of the raise.
    select
        workforce.employee_id,
        workforce.age_band,
        workforce.tenure_band,
        coalesce(promotions.level_after, workforce.level_id) as level_id,
        coalesce(promotions.salary_after, workforce.annual_salary) as salary_before,
        {{ date_in_year(var('merit_month_day')) }} as effective_date
    from {{ ref('int_opening_workforce') }} as workforce
    left join {{ ref('int_promotion_events') }} as promotions
        on workforce.employee_id = promotions.employee_id
    left join {{ ref('int_termination_events') }} as terminations
        on workforce.employee_id = terminations.employee_id
        and terminations.effective_date <= {{ date_in_year(var('merit_month_day')) }}
    where terminations.employee_id is null

),

placed as (

    select
        positions.*,
        levels.max_salary,
        case
            when positions.salary_before < levels.min_salary + (levels.max_salary - levels.min_salary) / 3 then 'lower'
            when positions.salary_before < levels.max_salary - (levels.max_salary - levels.min_salary) / 3 then 'middle'
            else 'upper'
        end as range_position
    from positions
    inner join {{ ref('dim_job_levels') }} as levels
        on positions.level_id = levels.level_id

),

rated as (

    select
        placed.employee_id,
        placed.level_id,
        placed.salary_before,
        placed.max_salary,
        placed.effective_date,
        ratings.rating_name,
        ratings.draw,
        round(
            hazards.event_rate * matrix.merit_multiplier
            + levers.merit_adjustment
            + parameters.cola_rate,
            6
        ) as raise_rate
    from placed
    inner join {{ ref('int_performance_ratings') }} as ratings
        on placed.employee_id = ratings.employee_id
    inner join {{ ref('stg_merit_matrix') }} as matrix
        on ratings.rating = matrix.rating
        and placed.range_position = matrix.range_position
    inner join {{ ref('dim_compensation_levers') }} as levers
        on placed.level_id = levers.level_id
        and levers.simulation_year = {{ simulation_year() }}
    cross join {{ ref('int_year_parameters') }} as parameters
    {{ join_hazard('merit', 'placed') }}

),

decided as (

    -- A raise stops at the top of the range; who is above it already keeps the salary.
    select
        *,
        least(
            cast(round(salary_before * (1 + raise_rate), 2) as decimal(12, 2)),
            greatest(salary_before, max_salary)
        ) as salary_after
    from rated

),

raised as (

    select *
    from decided
    where salary_after > salary_before

)

{{ merit_event('raised') }}
