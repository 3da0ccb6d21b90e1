{# The statement that gives a finished intermediate relation its own name. #}


{% macro get_rename_intermediate_sql(relation) -%}
  {%- do log('Applying RENAME INTERMEDIATE to: ' ~ relation) -%}
  {{- adapter.dispatch('get_rename_intermediate_sql', 'dbt')(relation) -}}
{%- endmacro %}

{% macro default__get_rename_intermediate_sql(relation) -%}

    -- get the standard intermediate name
    {% set finished = make_intermediate_relation(relation) %}

    {{ get_rename_sql(finished, relation.identifier) }}

{%- endmacro %}
