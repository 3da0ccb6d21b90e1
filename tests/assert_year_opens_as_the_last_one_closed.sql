-- State is carried over untouched: salary on the first of January is the salary of the last day of the year before.
select
    this_year.simulation_year,
    this_year.employee_id,
    last_year.annual_salary as closing_salary,
    this_year.opening_salary
from {{ ref('int_employee_state_by_year') }} as this_year
inner join {{ ref('int_employee_state_by_year') }} as last_year
    on this_year.employee_id = last_year.employee_id
    and this_year.simulation_year = last_year.simulation_year + 1
where last_year.employment_status <> 'active'
    or last_year.annual_salary <> this_year.opening_salary
    or this_year.is_new_hire
