-- Nobody appears or vanishes without an event: in every year the opening count plus hires less terminations
-- is the closing count, and a year opens with as many as the one before closed with.
with years as (

    select
        *,
        lag(simulation_year) over (order by simulation_year) as previous_year,
        lag(closing_head_count) over (order by simulation_year) as previous_closing
    from {{ ref('fct_head_count_reconciliation') }}

)

select *
from years
where opening_head_count + hires - terminations <> closing_head_count
    or (previous_year = simulation_year - 1 and previous_closing <> opening_head_count)
