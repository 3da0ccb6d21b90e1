{# DuckDB puts the ordering inside the aggregate. To keep only the first values, they are collected into a
   list, cut, and joined from there. #}

{% macro duckdb__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {%- set ordering = order_by_clause or '' -%}
    {%- if not limit_num %}
    string_agg(
        {{ measure }},
        {{ delimiter_text }}
        {{ ordering }}
        )
    {%- else -%}
    list_aggr(
        (array_agg(
            {{ measure }}
            {{ ordering }}
        ))[1:{{ limit_num }}],
        'string_agg',
        {{ delimiter_text }}
        )
    {%- endif %}
{%- endmacro %}
