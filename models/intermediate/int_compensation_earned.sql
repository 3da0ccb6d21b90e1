-- What each employee earned this year: every period's salary by its days.

select
    {{ simulation_year() }} as simulation_year,
    employee_id,
    cast(sum(period_end - period_start + 1) as integer) as days_paid,
    cast(sum(
        cast(round(
            annual_salary * (period_end - period_start + 1)
            / ({{ date_in_year('12-31') }} - {{ date_in_year('01-01') }} + 1),
            2
        ) as decimal(12, 2))
    ) as decimal(12, 2)) as compensation_earned
from {{ ref('int_compensation_periods') }}
group by employee_id
