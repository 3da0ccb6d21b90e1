{# The set operator "rows of the first query that the second one lacks", without duplicates. #}

{% macro except() %}
    {% do return(adapter.dispatch('except', 'dbt')()) %}
{% endmacro %}

{% macro default__except() %}

    except

{% endmacro %}
