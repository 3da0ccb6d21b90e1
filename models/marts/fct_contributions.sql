-- Retirement plan contributions by participant and year.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='simulation_year'
) }}

select
    *,
    employee_deferral + employer_match as total_contribution
from {{ ref('int_plan_contributions') }}
