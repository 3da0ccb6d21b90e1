{# The values of a group joined into one string. `delimiter_text` is a SQL expression, quotes included;
   `order_by_clause` is a whole clause ("order by ..."); `limit_num` keeps only the first values. #}

{% macro listagg(measure, delimiter_text="','", order_by_clause=none, limit_num=none) %}
    {% do return(adapter.dispatch('listagg', 'dbt')(measure, delimiter_text, order_by_clause, limit_num)) %}
{% endmacro %}

{% macro default__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {%- set ordering = 'within group (' ~ order_by_clause ~ ')' if order_by_clause else '' -%}
    {%- if not limit_num %}
    listagg(
        {{ measure }},
        {{ delimiter_text }}
        )
        {{ ordering }}
    {%- else -%}
    array_to_string(
        array_slice(
            array_agg(
                {{ measure }}
            ){{ ordering }}
            ,0
            ,{{ limit_num }}
        ),
        {{ delimiter_text }}
        )
    {%- endif -%}
{%- endmacro %}
