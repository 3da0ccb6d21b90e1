-- One employee's rows follow one another: none ends before it begins or reaches into the next.
with ordered as (

    select
        employee_id,
        dbt_valid_from,
        dbt_valid_to,
        lead(dbt_valid_from) over (partition by employee_id order by dbt_valid_from) as next_valid_from
    from {{ ref('scd_workforce_state') }}

)

select *
from ordered
where dbt_valid_to < dbt_valid_from
    or (next_valid_from is not null and (dbt_valid_to is null or dbt_valid_to > next_valid_from))
