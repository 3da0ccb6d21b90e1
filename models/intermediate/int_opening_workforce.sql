-- Who is employed on the first of January, with age, tenure and bands: what all of the year's draws look at.
-- After the first year it reads last year's closing state. That is a source here, not a ref: this year's
-- closing state follows from this model, and only last year's rows of the same table feed it.

with opening as (
    {{ opening_state(ref('int_census_baseline'), source('simulation_history', 'employee_state')) }}
),

aged as (

    select
        *,
        {{ completed_years('birth_date') }} as age,
        {{ completed_years('hire_date') }} as tenure_years
    from opening

)

select
    {{ simulation_year() }} as simulation_year,
    aged.*,
    age_bands.age_band,
    tenure_bands.tenure_band
from aged
{{ join_bands('aged') }}
