{# A quarter is stepped over as three months. The comment is part of the query. #}

{% macro duckdb__last_day(date, datepart) -%}
    {%- if datepart == 'quarter' -%}
    {%- set next_quarter = dbt.dateadd('month', '3', dbt.date_trunc(datepart, date)) -%}
    -- duckdb dateadd does not support quarter interval.
    cast(
        {{ dbt.dateadd('day', '-1', next_quarter) }}
        as date)
    {%- else -%}
    {{ dbt.default_last_day(date, datepart) }}
    {%- endif -%}
{%- endmacro %}
