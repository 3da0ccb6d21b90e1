{# A conversion that fails on values the type cannot hold; see `safe_cast` for the lenient one. #}

{% macro cast(field, type) %}
    {% do return(adapter.dispatch('cast', 'dbt')(field, type)) %}
{% endmacro %}

{% macro default__cast(field, type) %}
    cast({{ field }} as {{ type }})
{% endmacro %}
