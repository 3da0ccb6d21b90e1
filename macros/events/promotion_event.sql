{# Someone moves up one level: `decided` has both levels and both salaries. #}
{% macro promotion_event(decided) -%}
select
    {{ event_columns(
        'PROMOTION',
        effective_date='effective_date',
        details="'Level ' || level_id || ' to ' || next_level_id",
        probability='event_rate',
        draw='draw',
        level_before='level_id',
        level_after='next_level_id',
        salary_before='salary_before',
        salary_after='salary_after'
    ) }}
from {{ decided }}
{%- endmacro %}
