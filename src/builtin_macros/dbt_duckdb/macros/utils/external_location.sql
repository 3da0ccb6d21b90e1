{# Where an external model is written unless it says so itself: a file named after it under the external
   root, or a folder of that name if the output is partitioned. #}

{% macro external_location(relation, config) -%}
    {{ adapter.external_root() }}/{{ relation.identifier }}
    {%- if config.get('options', {}).get('partition_by') is none -%}
        .{{ config.get('format', 'parquet') }}
    {%- endif -%}
{%- endmacro %}
