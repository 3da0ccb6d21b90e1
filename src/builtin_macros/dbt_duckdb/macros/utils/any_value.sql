{# `arbitrary` takes the first value found, nulls included. #}

{% macro duckdb__any_value(expression) -%}
    arbitrary({{ expression }})
{%- endmacro %}
