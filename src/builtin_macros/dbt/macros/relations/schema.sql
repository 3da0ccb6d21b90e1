{# Drops a schema by its name alone, in the database of the target. #}


{% macro drop_schema_named(schema_name) -%}
  {%- do return(adapter.dispatch('drop_schema_named', 'dbt')(schema_name)) -%}
{%- endmacro %}

{% macro default__drop_schema_named(schema_name) %}
  {% set doomed = api.Relation.create(schema=schema_name) %}
  {{ adapter.drop_schema(doomed) }}
{% endmacro %}
