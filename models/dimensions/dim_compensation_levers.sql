-- One row for each year and level, one column for each compensation lever.

{% set levers = ['promotion_raise', 'new_hire_premium', 'merit_adjustment'] %}

select
    simulation_year,
    level_id,
    {%- for lever in levers %}
    coalesce(max(lever_value) filter (where lever = '{{ lever }}'), 0) as {{ lever }}{{ "," if not loop.last }}
    {%- endfor %}
from {{ ref('stg_compensation_levers') }}
group by simulation_year, level_id
