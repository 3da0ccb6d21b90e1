{#
  The database of a node's relation: the one that its catalog integration names, else the
  configured `database`, else the target's. A project changes the rule by defining
  generate_database_name itself.

  custom_database_name: the configured database, or none
  node: the node that is being placed, or none
#}


{% macro generate_database_name(custom_database_name=none, node=none) -%}
  {%- do return(adapter.dispatch('generate_database_name', 'dbt')(custom_database_name, node)) -%}
{%- endmacro %}

{% macro default__generate_database_name(custom_database_name=none, node=none) -%}
  {%- if node is not none and node | attr('database') -%}
    {%- set in_catalog = adapter.build_catalog_relation(node) -%}
    {%- if in_catalog and in_catalog | attr('catalog_database') -%}
      {%- do return(in_catalog.catalog_database) -%}
    {%- endif -%}
  {%- endif -%}
  {{ target.database if custom_database_name is none else custom_database_name }}
{%- endmacro %}
