-- The simulated year's own row of what applies to everyone.

{{ config(materialized='ephemeral') }}

select *
from {{ ref('dim_simulation_years') }}
where simulation_year = {{ simulation_year() }}
