{# Unlike the default, takes SQL expressions for year, month and day. #}

{% macro duckdb__date(year, month, day) -%}
    make_date({{ year }}, {{ month }}, {{ day }})
{%- endmacro %}
