{#
  The name of the relation that points at the latest version of a versioned model. It is the
  model's name without a version unless `latest_version_pointer.alias` says otherwise, so readers
  that knew the model before it had versions go on finding it. A project changes the rule by
  defining generate_latest_version_pointer_alias itself.

  custom_alias_name: the configured pointer alias, or none
  node: the versioned model
#}


{% macro generate_latest_version_pointer_alias(custom_alias_name=none, node=none) -%}
  {%- do return(adapter.dispatch('generate_latest_version_pointer_alias', 'dbt')(custom_alias_name, node)) -%}
{%- endmacro %}

{% macro default__generate_latest_version_pointer_alias(custom_alias_name=none, node=none) -%}
  {{ custom_alias_name | trim if custom_alias_name else node.name }}
{%- endmacro %}
