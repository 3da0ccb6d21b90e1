{# The number of periods may be an expression, such as a column, which an INTERVAL literal cannot hold: so
   an interval of one period is multiplied. Weeks and quarters are written as days and months. #}

{% macro duckdb__dateadd(datepart, interval, from_date_or_timestamp) %}

    {# The unit decides how many of DuckDB's own periods one period is. #}

    {%- set unit = datepart | lower -%}
    {%- set factor, duckdb_unit = {'quarter': (3, 'month'), 'week': (7, 'day')}.get(unit, (1, unit)) -%}
    {%- set count = 'cast(' ~ interval ~ ' as bigint)' -%}
    {%- if factor > 1 -%}
        {%- set count = '(' ~ count ~ ' * ' ~ factor ~ ')' -%}
    {%- endif -%}
    ({{ from_date_or_timestamp }} + {{ count }} * interval 1 {{ duckdb_unit }})

{%- endmacro %}
