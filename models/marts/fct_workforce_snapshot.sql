-- The workforce at the end of each year, one row for each person who was employed in it, ready for reports.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='simulation_year'
) }}

with state as (

    select
        *,
        date_sub('year', birth_date, {{ date_in_year('12-31') }}) as age,
        date_sub('year', hire_date, coalesce(termination_date, {{ date_in_year('12-31') }})) as tenure_years
    from {{ ref('int_employee_state_by_year') }}
    where simulation_year = {{ simulation_year() }}

)

select
    state.simulation_year,
    state.employee_id,
    state.employment_status,
    case
        when state.is_new_hire and state.employment_status = 'active' then 'new_hire_active'
        when state.is_new_hire then 'new_hire_terminated'
        when state.employment_status = 'active' then 'continuous_active'
        else 'experienced_terminated'
    end as detailed_status,
    state.birth_date,
    state.hire_date,
    state.termination_date,
    state.age,
    age_bands.age_band,
    state.tenure_years,
    tenure_bands.tenure_band,
    state.department_code,
    departments.department_name,
    state.level_id,
    levels.level_name,
    state.opening_salary,
    state.annual_salary,
    cast(round(state.annual_salary / levels.mid_salary, 4) as decimal(8, 4)) as compa_ratio,
    earned.compensation_earned,
    state.is_enrolled,
    state.enrollment_date,
    state.deferral_rate
from state
inner join {{ ref('dim_departments') }} as departments
    on state.department_code = departments.department_code
inner join {{ ref('dim_job_levels') }} as levels
    on state.level_id = levels.level_id
inner join {{ ref('int_compensation_earned') }} as earned
    on state.employee_id = earned.employee_id
{{ join_bands('state') }}
