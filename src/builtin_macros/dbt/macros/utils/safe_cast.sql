{# A conversion that gives null instead of failing, where the engine has one; the default is a plain cast. #}

{% macro safe_cast(field, type) %}
    {% do return(adapter.dispatch('safe_cast', 'dbt')(field, type)) %}
{% endmacro %}

{% macro default__safe_cast(field, type) %}
    {# Standard SQL has no lenient cast. #}
    cast({{ field }} as {{ type }})
{% endmacro %}
