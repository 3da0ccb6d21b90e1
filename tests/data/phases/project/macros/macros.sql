{% test noted(model, column_name, note) %}
select 1 from {{ model }} where false
{% endtest %}

{% macro noop() %}{% endmacro %}

{% macro operation() %}[[operation]]{% endmacro %}

{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
{%- if node.name == 'custom' -%}[[generate_alias_name]]{%- endif -%}{{ default__generate_alias_name(custom_alias_name, node) }}
{%- endmacro %}

{% macro duckdb__list_schemas(database) %}
[[adapter_macro]]{{ return(dbt.duckdb__list_schemas(database)) }}
{% endmacro %}

{% materialization custom, default %}
  [[materialization]]
  {% call statement('main') %}select 1{% endcall %}
  {{ return({'relations': []}) }}
{% endmaterialization %}
