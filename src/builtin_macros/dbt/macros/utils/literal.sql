{# A string literal. Quotes inside the value are the caller's business; see `escape_single_quotes`. #}

{% macro string_literal(value) %}
    {% do return(adapter.dispatch('string_literal', 'dbt')(value)) %}
{% endmacro %}

{% macro default__string_literal(value) -%}
    '{{ value }}'
{%- endmacro %}
