-- What management can set for pay: one row for each year, level and lever.
select
    simulation_year,
    level_id,
    lower(lever) as lever,
    cast(lever_value as decimal(6, 4)) as lever_value
from {{ ref('compensation_levers') }}
