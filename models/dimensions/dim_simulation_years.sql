-- The years the inputs reach, with what applies to all employees in each.

select
    cost_of_living.simulation_year,
    make_date(cost_of_living.simulation_year, 1, 1) as first_day,
    make_date(cost_of_living.simulation_year, 12, 31) as last_day,
    cost_of_living.cola_rate,
    limits.elective_deferral_limit,
    limits.catch_up_limit,
    limits.super_catch_up_limit,
    limits.compensation_limit,
    limits.is_projected as has_projected_limits
from {{ ref('stg_cost_of_living') }} as cost_of_living
inner join {{ ref('stg_irs_limits') }} as limits
    on cost_of_living.simulation_year = limits.limit_year
