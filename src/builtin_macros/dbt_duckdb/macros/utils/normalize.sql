{# A setting that may be one string or a list of strings, as a list; none is the empty list. `field_name`
   is what messages call the setting. #}

{% macro normalize_string_or_list(raw, field_name) %}
    {% if raw is none %}
        {% do return([]) %}
    {% endif %}
    {% if raw is mapping or raw is not sequence %}
        {% do exceptions.raise_compiler_error(field_name ~ ' must be a list of strings or a string') %}
    {% endif %}

    {% set items = [raw] if raw is string else raw | list %}
    {% if items | reject('string') | list %}
        {% do exceptions.raise_compiler_error(field_name ~ ' list values must be non-empty strings') %}
    {% endif %}
    {% do return(items) %}
{% endmacro %}
