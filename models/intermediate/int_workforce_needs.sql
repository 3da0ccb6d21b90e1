-- How many people to hire this year: those who left, the growth, and hires who will not stay.

with opening as (

    select count(*) as opening_head_count
    from {{ ref('int_opening_workforce') }}

),

leaving as (

    select count(*) as terminations
    from {{ ref('int_termination_events') }}

),

growth as (

    select
        opening.opening_head_count,
        leaving.terminations,
        cast(round(opening.opening_head_count * {{ var('target_growth_rate') }}) as integer) as planned_growth
    from opening
    cross join leaving

)

select
    {{ simulation_year() }} as simulation_year,
    opening_head_count,
    terminations,
    planned_growth,
    cast(greatest(
        ceil((terminations + planned_growth) / (1 - {{ var('new_hire_termination_rate') }})),
        0
    ) as integer) as hires_needed
from growth
