-- Turnover of those employed when the year began, by level and year.

{{ config(materialized='view') }}

select
    snapshots.simulation_year,
    snapshots.level_id,
    snapshots.level_name,
    count(*) as head_count,
    count(*) filter (where snapshots.detailed_status = 'experienced_terminated') as terminations,
    round(
        count(*) filter (where snapshots.detailed_status = 'experienced_terminated') / count(*), 4
    ) as turnover_rate
from {{ ref('fct_workforce_snapshot') }} as snapshots
where snapshots.detailed_status in ('continuous_active', 'experienced_terminated')
group by snapshots.simulation_year, snapshots.level_id, snapshots.level_name
