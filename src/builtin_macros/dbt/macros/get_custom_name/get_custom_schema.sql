{#
  The schema of a node's relation. The target's schema comes first even where a node configures
  its own, so that people who share a database do not overwrite each other's work:
  <target schema>_<custom schema>. A project changes the rule by defining generate_schema_name
  itself.

  custom_schema_name: the configured schema, or none
  node: the node that is being placed, or none
#}


{% macro generate_schema_name(custom_schema_name=none, node=none) -%}
  {%- do return(adapter.dispatch('generate_schema_name', 'dbt')(custom_schema_name, node)) -%}
{%- endmacro %}

{% macro default__generate_schema_name(custom_schema_name, node) -%}
  {{ target.schema }}
  {%- if custom_schema_name is not none -%}
    _{{ custom_schema_name | trim }}
  {%- endif -%}
{%- endmacro %}


{# The other common rule, for a project's own generate_schema_name to call: custom schemas as
   they are written in the target named prod, and the target's schema alone everywhere else. #}
{% macro generate_schema_name_for_env(custom_schema_name, node) -%}
  {%- if custom_schema_name is none or target.name != 'prod' -%}
    {{ target.schema }}
  {%- else -%}
    {{ custom_schema_name | trim }}
  {%- endif -%}
{%- endmacro %}
