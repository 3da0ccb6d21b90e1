{# An array with one more element at its end; the element has the array's own element type. #}

{% macro array_append(array, new_element) %}
    {% do return(adapter.dispatch('array_append', 'dbt')(array, new_element)) %}
{% endmacro %}

{% macro default__array_append(array, new_element) -%}
    array_append({{ array }}, {{ new_element }})
{%- endmacro %}
