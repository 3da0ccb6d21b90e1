-- Job levels as reports show them, with the level that a promotion leads to.

select
    level_id,
    level_name,
    min_salary,
    mid_salary,
    max_salary,
    lead(level_id) over (order by level_id) as next_level_id,
    lead(min_salary) over (order by level_id) as next_level_min_salary
from {{ ref('stg_job_levels') }}
