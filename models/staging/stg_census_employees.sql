-- The census as it was handed over, with types settled and spellings made even.

select
    trim(employee_id) as employee_id,
    birth_date,
    hire_date,
    upper(trim(department_code)) as department_code,
    level_id,
    cast(annual_salary as decimal(12, 2)) as annual_salary,
    last_promotion_date,
    coalesce(is_enrolled, false) as is_enrolled,
    enrollment_date,
    cast(coalesce(deferral_rate, 0) as decimal(5, 4)) as deferral_rate
from {{ ref('census_employees') }}
where hire_date < make_date({{ var('start_year') | int }}, 1, 1)
