-- The history names one present state for each employee it knows, and knows everyone in the latest year.
with current_rows as (

    select
        employee_id,
        count(*) filter (where dbt_valid_to is null) as current_count
    from {{ ref('scd_workforce_state') }}
    group by employee_id

),

latest as (

    select employee_id
    from {{ ref('fct_workforce_snapshot') }}
    where simulation_year = (select max(simulation_year) from {{ ref('fct_workforce_snapshot') }})

)

select
    coalesce(current_rows.employee_id, latest.employee_id) as employee_id,
    current_rows.current_count
from current_rows
full outer join latest
    on current_rows.employee_id = latest.employee_id
where current_rows.current_count is distinct from 1
