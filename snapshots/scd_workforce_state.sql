{#
    The history of every employee's job as a slowly changing dimension: a row
    lasts until level, salary, status, department or deferral rate change.
    Validity is counted in simulated time (a year's state holds from the last
    day of that year), so the history is as repeatable as the events. It always
    follows the latest simulated year: running an earlier year again does not
    turn it back.
#}
{% snapshot scd_workforce_state %}

{{ config(
    unique_key='employee_id',
    strategy='check',
    check_cols=['employment_status', 'department_code', 'level_id', 'annual_salary', 'deferral_rate'],
    updated_at='state_as_of'
) }}

select
    employee_id,
    simulation_year,
    employment_status,
    department_code,
    level_id,
    annual_salary,
    is_enrolled,
    deferral_rate,
    termination_date,
    cast(make_date(simulation_year, 12, 31) as timestamp) as state_as_of
from {{ ref('fct_workforce_snapshot') }}
where simulation_year = (select max(simulation_year) from {{ ref('fct_workforce_snapshot') }})

{% endsnapshot %}
