-- How many take part in the retirement plan, how much they defer, and what the match costs.

with snapshots as (

    select
        simulation_year,
        count(*) as eligible_employees,
        count(*) filter (where is_enrolled) as participants
    from {{ ref('fct_workforce_snapshot') }}
    where employment_status = 'active'
    group by simulation_year

),

contributions as (

    select
        simulation_year,
        round(avg(deferral_rate), 4) as average_deferral_rate,
        sum(employee_deferral) as employee_deferrals,
        sum(employer_match) as employer_match,
        count(*) filter (where is_limited) as limited_participants
    from {{ ref('fct_contributions') }}
    group by simulation_year

)

select
    snapshots.simulation_year,
    snapshots.eligible_employees,
    snapshots.participants,
    round(snapshots.participants / snapshots.eligible_employees, 4) as participation_rate,
    contributions.average_deferral_rate,
    contributions.employee_deferrals,
    contributions.employer_match,
    contributions.limited_participants
from snapshots
inner join contributions
    on snapshots.simulation_year = contributions.simulation_year
