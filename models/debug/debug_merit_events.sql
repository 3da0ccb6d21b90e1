-- The raises of the year by rating: how many, and how large.

select
    ratings.rating,
    ratings.rating_name,
    count(*) as employees,
    count(events.event_id) as raises,
    round(avg(events.salary_after / events.salary_before - 1), 4) as average_raise
from {{ ref('int_performance_ratings') }} as ratings
left join {{ ref('int_merit_events') }} as events
    on ratings.employee_id = events.employee_id
group by ratings.rating, ratings.rating_name
