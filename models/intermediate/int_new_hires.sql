-- The people hired this year, as drawn from the hiring profile: level, department, age, salary and first day.

with numbered as (

    select unnest(range(1, hires_needed + 1)) as hire_number
    from {{ ref('int_workforce_needs') }}

),

identified as (

    select 'NH_{{ simulation_year() }}_' || lpad(cast(hire_number as varchar), 6, '0') as employee_id
    from numbered

),

drawn as (

    select
        employee_id,
        {{ rand_uniform('employee_id', 'hire_level') }} as draw,
        {{ rand_uniform('employee_id', 'hire_department') }} as department_draw,
        {{ rand_uniform('employee_id', 'hire_age') }} as age_draw,
        {{ rand_uniform('employee_id', 'hire_salary') }} as salary_draw,
        {{ date_in_year('01-01') }} + {{ rand_integer('employee_id', 'hire_day', 330) }} as hire_date
    from identified

)

select
    drawn.employee_id,
    drawn.draw,
    -- Between 21 and 45, four years later for each level.
    drawn.hire_date
        - cast(floor((21 + (levels.level_id - 1) * 4 + drawn.age_draw * 24) * 365.25) as integer) as birth_date,
    drawn.hire_date,
    departments.department_code,
    departments.department_name,
    levels.level_id,
    levels.level_name,
    -- The lower half of the range, raised by what the market asks this year.
    cast(round(
        (levels.min_salary + drawn.salary_draw * (levels.mid_salary - levels.min_salary))
        * (1 + levers.new_hire_premium),
        2
    ) as decimal(12, 2)) as annual_salary
from drawn
inner join {{ ref('stg_job_levels') }} as levels
    on drawn.draw >= levels.draw_from
    and drawn.draw < levels.draw_to
inner join {{ ref('stg_departments') }} as departments
    on drawn.department_draw >= departments.draw_from
    and drawn.department_draw < departments.draw_to
inner join {{ ref('dim_compensation_levers') }} as levers
    on levels.level_id = levers.level_id
    and levers.simulation_year = {{ simulation_year() }}
