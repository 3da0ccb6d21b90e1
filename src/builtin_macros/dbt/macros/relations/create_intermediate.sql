{# The statements that build a relation under its intermediate name. #}


{% macro get_create_intermediate_sql(relation, sql) -%}
  {%- do log('Applying CREATE INTERMEDIATE to: ' ~ relation) -%}
  {{- adapter.dispatch('get_create_intermediate_sql', 'dbt')(relation, sql) -}}
{%- endmacro %}

{% macro default__get_create_intermediate_sql(relation, sql) -%}

    -- get the standard intermediate name
    {% set unfinished = make_intermediate_relation(relation) %}

    -- drop any pre-existing intermediate
    {{ get_drop_sql(unfinished) }};

    {{ get_create_sql(unfinished, sql) }}

{%- endmacro %}
