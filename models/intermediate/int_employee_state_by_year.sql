-- Everyone's state at the end of each year, carried forward one year at a time: last year's rows of this
-- table, or the census in the first year, plus this year's hires, with this year's events applied. One year
-- costs one year's work, however many came before.

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='simulation_year'
) }}

with opening as (
    {{ opening_state(ref('int_census_baseline'), this) }}
),

workforce as (

    select *, false as is_new_hire
    from opening

    union all

    select
        employee_id,
        birth_date,
        hire_date,
        department_code,
        level_id,
        annual_salary,
        cast(null as date) as last_promotion_date,
        false as is_enrolled,
        cast(null as date) as enrollment_date,
        cast(0 as decimal(5, 4)) as deferral_rate,
        true as is_new_hire
    from {{ ref('int_new_hires') }}

),

leaving as (

    select * from {{ ref('int_termination_events') }}
    union all
    select * from {{ ref('int_new_hire_termination_events') }}

)

select
    {{ simulation_year() }} as simulation_year,
    workforce.employee_id,
    case when leaving.employee_id is null then 'active' else 'terminated' end as employment_status,
    workforce.is_new_hire,
    workforce.birth_date,
    workforce.hire_date,
    leaving.effective_date as termination_date,
    leaving.event_details as termination_details,
    workforce.department_code,
    coalesce(promotions.level_after, workforce.level_id) as level_id,
    workforce.annual_salary as opening_salary,
    coalesce(merits.salary_after, promotions.salary_after, workforce.annual_salary) as annual_salary,
    coalesce(promotions.effective_date, workforce.last_promotion_date) as last_promotion_date,
    workforce.is_enrolled or enrollments.employee_id is not null as is_enrolled,
    coalesce(enrollments.effective_date, workforce.enrollment_date) as enrollment_date,
    coalesce(
        escalations.deferral_after,
        enrollments.deferral_after,
        workforce.deferral_rate
    ) as deferral_rate
from workforce
left join leaving
    on workforce.employee_id = leaving.employee_id
left join {{ ref('int_promotion_events') }} as promotions
    on workforce.employee_id = promotions.employee_id
left join {{ ref('int_merit_events') }} as merits
    on workforce.employee_id = merits.employee_id
left join {{ ref('int_enrollment_events') }} as enrollments
    on workforce.employee_id = enrollments.employee_id
left join {{ ref('int_escalation_events') }} as escalations
    on workforce.employee_id = escalations.employee_id
