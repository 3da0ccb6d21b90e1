-- Head count by year, from its opening to its close: what came in, what left, what that leaves.

with people as (

    select
        simulation_year,
        count(*) filter (where not starts_with(detailed_status, 'new_hire')) as opening_head_count,
        count(*) filter (where employment_status = 'active') as closing_head_count
    from {{ ref('fct_workforce_snapshot') }}
    group by simulation_year

),

events as (

    select
        simulation_year,
        count(*) filter (where event_type = 'HIRE') as hires,
        count(*) filter (where event_type = 'TERMINATION') as terminations
    from {{ ref('fct_yearly_events') }}
    group by simulation_year

)

select
    people.simulation_year,
    people.opening_head_count,
    events.hires,
    events.terminations,
    people.closing_head_count,
    round(people.closing_head_count / people.opening_head_count - 1, 4) as growth_rate
from people
inner join events
    on people.simulation_year = events.simulation_year
