-- This year's hires beside the plan that asked for them, by level.

select
    levels.level_id,
    levels.level_name,
    round(levels.draw_to - levels.draw_from, 4) as planned_share,
    count(hires.employee_id) as hires,
    round(count(hires.employee_id) / max(needs.hires_needed), 4) as actual_share,
    round(avg(hires.annual_salary), 2) as average_salary
from {{ ref('stg_job_levels') }} as levels
cross join {{ ref('int_workforce_needs') }} as needs
left join {{ ref('int_new_hires') }} as hires
    on levels.level_id = hires.level_id
group by levels.level_id, levels.level_name, levels.draw_from, levels.draw_to
