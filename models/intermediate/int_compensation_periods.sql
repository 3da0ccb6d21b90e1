-- The stretches of the year over which each employee's salary stays the same.

{{ config(materialized='view') }}

with changes as (

    select
        employee_id,
        greatest(hire_date, {{ date_in_year('01-01') }}) as period_start,
        opening_salary as annual_salary
    from {{ ref('int_employee_state_by_year') }}
    where simulation_year = {{ simulation_year() }}

    union all

    select employee_id, effective_date, salary_after
    from {{ ref('int_promotion_events') }}

    union all

    select employee_id, effective_date, salary_after
    from {{ ref('int_merit_events') }}

),

state as (

    select
        employee_id,
        coalesce(termination_date, {{ date_in_year('12-31') }}) as last_day
    from {{ ref('int_employee_state_by_year') }}
    where simulation_year = {{ simulation_year() }}

)

select
    changes.employee_id,
    changes.period_start,
    coalesce(
        lead(changes.period_start) over (partition by changes.employee_id order by changes.period_start) - 1,
        state.last_day
    ) as period_end,
    changes.annual_salary
from changes
inner join state
    on changes.employee_id = state.employee_id
