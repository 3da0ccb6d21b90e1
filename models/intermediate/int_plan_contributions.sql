-- What each participant and the employer put into the plan this year, within the legal limits.

with participants as (

    select
        state.employee_id,
        state.deferral_rate,
        earned.compensation_earned,
        date_sub('year', state.birth_date, parameters.last_day) as age_at_year_end,
        parameters.elective_deferral_limit,
        parameters.catch_up_limit,
        parameters.super_catch_up_limit,
        parameters.compensation_limit
    from {{ ref('int_employee_state_by_year') }} as state
    inner join {{ ref('int_compensation_earned') }} as earned
        on state.employee_id = earned.employee_id
    cross join {{ ref('int_year_parameters') }} as parameters
    where state.simulation_year = {{ simulation_year() }}
        and state.is_enrolled

),

limited as (

    select
        *,
        elective_deferral_limit
        + case
            when age_at_year_end between 60 and 63 then super_catch_up_limit
            when age_at_year_end >= 50 then catch_up_limit
            else 0
        end as deferral_limit
    from participants

)

select
    {{ simulation_year() }} as simulation_year,
    employee_id,
    age_at_year_end,
    deferral_rate,
    compensation_earned,
    deferral_limit,
    cast(least(
        round(compensation_earned * deferral_rate, 2),
        deferral_limit
    ) as decimal(12, 2)) as employee_deferral,
    cast(round(
        cast(least(compensation_earned, compensation_limit) as decimal(12, 2))
        * cast(least(deferral_rate, {{ var('match_up_to') }}) as decimal(5, 4))
        * cast({{ var('match_rate') }} as decimal(5, 4)),
        2
    ) as decimal(12, 2)) as employer_match,
    round(compensation_earned * deferral_rate, 2) > deferral_limit as is_limited
from limited
