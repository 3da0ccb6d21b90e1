-- Job levels with the middle of their salary range and the share of hires as a range of draws.

select
    level_id,
    level_name,
    cast(min_salary as decimal(12, 2)) as min_salary,
    cast(max_salary as decimal(12, 2)) as max_salary,
    cast((min_salary + max_salary) / 2 as decimal(12, 2)) as mid_salary,
    {{ share_ranges('share_of_hires', 'level_id') }}
from {{ ref('job_levels') }}
