{# The yearly raise: `decided` has the rating and both salaries. #}
{% macro merit_event(decided) -%}
select
    {{ event_columns(
        'MERIT',
        effective_date='effective_date',
        details="'Rated ' || rating_name || ', raise of ' || printf('%.2f%%', raise_rate * 100)",
        draw='draw',
        level_before='level_id',
        level_after='level_id',
        salary_before='salary_before',
        salary_after='salary_after'
    ) }}
from {{ decided }}
{%- endmacro %}
