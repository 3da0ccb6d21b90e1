{# Someone leaves: `decided` has the date, the reason, the rate and the draw. #}
{% macro termination_event(decided) -%}
select
    {{ event_columns(
        'TERMINATION',
        effective_date='effective_date',
        details="'Left: ' || reason_name",
        probability='event_rate',
        draw='draw',
        level_before='level_id',
        salary_before='annual_salary'
    ) }}
from {{ decided }}
{%- endmacro %}
