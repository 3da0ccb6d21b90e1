{# An array literal. Its elements share one type; `data_type` is read only for an empty array, which has
   no element to take the type from. #}

{% macro array_construct(inputs=[], data_type=api.Column.translate_type('integer')) %}
    {% do return(adapter.dispatch('array_construct', 'dbt')(inputs, data_type)) %}
{% endmacro %}

{% macro default__array_construct(inputs, data_type) -%}
    {% if inputs | length == 0 %}
    array[]::{{ data_type }}[]
    {% else %}
    array[ {{ inputs | join(' , ') }} ]
    {% endif %}
{%- endmacro %}
