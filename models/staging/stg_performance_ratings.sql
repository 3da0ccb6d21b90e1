-- Performance ratings, with their share of employees as a range of draws.

select
    rating,
    rating_name,
    {{ share_ranges('share_of_employees', 'rating') }}
from {{ ref('performance_ratings') }}
