-- No deferral above the year's legal limit, and no match above what the plan promises.
select
    employee_id,
    simulation_year,
    employee_deferral,
    deferral_limit,
    employer_match
from {{ ref('fct_contributions') }}
where employee_deferral > deferral_limit
    or employer_match > compensation_earned * {{ var('match_rate') }} * {{ var('match_up_to') }} + 0.01
    or total_contribution <> employee_deferral + employer_match
