{# One part of a string cut at a delimiter, counted from 1. #}

{% macro split_part(string_text, delimiter_text, part_number) %}
    {% do return(adapter.dispatch('split_part', 'dbt')(string_text, delimiter_text, part_number)) %}
{% endmacro %}

{% macro default__split_part(string_text, delimiter_text, part_number) %}

    split_part(
        {{ string_text }},
        {{ delimiter_text }},
        {{ part_number }}
        )

{% endmacro %}

{# For engines whose `split_part` cannot count from the end: the number of parts, which is the number of
   characters lost by removing the delimiter plus one, turns a negative position into a positive one. #}
{% macro _split_part_negative(string_text, delimiter_text, part_number) %}

    split_part(
        {{ string_text }},
        {{ delimiter_text }},
          length({{ string_text }})
          - length(
              replace({{ string_text }},  {{ delimiter_text }}, '')
          ) + 2 + {{ part_number }}
        )

{% endmacro %}
