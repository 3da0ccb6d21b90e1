{# A date or timestamp cut down to the start of its day, month and so on. #}

{% macro date_trunc(datepart, date) %}
    {% do return(adapter.dispatch('date_trunc', 'dbt')(datepart, date)) %}
{% endmacro %}

{% macro default__date_trunc(datepart, date) -%}
    date_trunc('{{ datepart }}', {{ date }})
{%- endmacro %}
