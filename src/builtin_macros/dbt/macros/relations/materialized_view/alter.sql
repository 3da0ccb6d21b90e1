{#
  Changing a materialized view in place. An adapter supplies two halves that have to agree: one
  finds what differs between the view and its config, the other turns that into statements. The
  shape between them is the adapter's choice, for example
  {"indexes": [{"action": "create", "context": {"columns": ["id"]}}]}; none means no difference.
#}


{% macro get_alter_materialized_view_as_sql(
    relation,
    configuration_changes,
    sql,
    existing_relation,
    backup_relation,
    intermediate_relation
) %}
  {%- do log('Applying ALTER to: ' ~ relation) -%}
  {%- set write_alter = adapter.dispatch('get_alter_materialized_view_as_sql', 'dbt') -%}
  {{- write_alter(relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation) -}}
{% endmacro %}

{% macro default__get_alter_materialized_view_as_sql(
    relation,
    configuration_changes,
    sql,
    existing_relation,
    backup_relation,
    intermediate_relation
) -%}
  {%- do exceptions.raise_compiler_error("Materialized views have not been implemented for this adapter.") -%}
{%- endmacro %}


{% macro get_materialized_view_configuration_changes(existing_relation, new_config) -%}
  {%- do log('Determining configuration changes on: ' ~ existing_relation) -%}
  {%- do return(adapter.dispatch('get_materialized_view_configuration_changes', 'dbt')(existing_relation, new_config)) -%}
{%- endmacro %}

{% macro default__get_materialized_view_configuration_changes(existing_relation, new_config) -%}
  {%- do exceptions.raise_compiler_error("Materialized views have not been implemented for this adapter.") -%}
{%- endmacro %}
