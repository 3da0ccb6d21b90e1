{#
  The name of a node's relation. An `alias` in its config wins; a versioned model gets its
  version as a suffix; everything else goes by the name of its file. A project changes the rule
  by defining generate_alias_name itself.

  custom_alias_name: the configured alias, or none
  node: the node that is being named, or none
#}


{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
  {%- do return(adapter.dispatch('generate_alias_name', 'dbt')(custom_alias_name, node)) -%}
{%- endmacro %}

{% macro default__generate_alias_name(custom_alias_name=none, node=none) -%}
  {%- if custom_alias_name -%}
    {{ custom_alias_name | trim }}
  {%- elif node.version -%}
    {{ node.name }}_v{{ node.version | replace(".", "_") }}
  {%- else -%}
    {{ node.name }}
  {%- endif -%}
{%- endmacro %}
