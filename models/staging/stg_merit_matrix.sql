-- How performance and the position in the salary range scale a merit raise.
select
    rating,
    lower(range_position) as range_position,
    merit_multiplier
from {{ ref('merit_matrix') }}
