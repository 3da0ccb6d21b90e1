-- How pay moves from year to year, and against the year before.

{{ config(materialized='view') }}

with by_year as (

    select
        simulation_year,
        count(*) as head_count,
        cast(round(avg(annual_salary), 2) as decimal(12, 2)) as average_salary,
        cast(round(median(annual_salary), 2) as decimal(12, 2)) as median_salary,
        sum(compensation_earned) as total_compensation
    from {{ ref('fct_workforce_snapshot') }}
    where employment_status = 'active'
    group by simulation_year

)

select
    *,
    round(
        average_salary / lag(average_salary) over (order by simulation_year) - 1, 4
    ) as average_salary_growth
from by_year
