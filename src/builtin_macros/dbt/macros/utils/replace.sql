{# A string with every occurrence of some characters replaced; all three arguments are SQL expressions. #}

{% macro replace(field, old_chars, new_chars) %}
    {% do return(adapter.dispatch('replace', 'dbt')(field, old_chars, new_chars)) %}
{% endmacro %}

{% macro default__replace(field, old_chars, new_chars) %}

    replace(
        {{ field }},
        {{ old_chars }},
        {{ new_chars }}
    )


{% endmacro %}
