-- The cost-of-living adjustment of each year.
select
    simulation_year,
    cast(cola_rate as decimal(6, 4)) as cola_rate
from {{ ref('cost_of_living_by_year') }}
