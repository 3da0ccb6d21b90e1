{# Someone joins: `decided` has the new hire as hired. #}
{% macro hire_event(decided) -%}
select
    {{ event_columns(
        'HIRE',
        effective_date='hire_date',
        details="'Joined as ' || level_name || ' in ' || department_name",
        draw='draw',
        level_after='level_id',
        salary_after='annual_salary',
        deferral_after='0'
    ) }}
from {{ decided }}
{%- endmacro %}
