{# A date from its year, month and day. The default needs numbers known while rendering, and thereby
   rejects a day that does not exist before any query is sent. #}

{% macro date(year, month, day) %}
    {% do return(adapter.dispatch('date', 'dbt')(year, month, day)) %}
{% endmacro %}

{% macro default__date(year, month, day) -%}
    to_date('{{ modules.datetime.date(year, month, day).strftime("%Y-%m-%d") }}', 'YYYY-MM-DD')
{%- endmacro %}
