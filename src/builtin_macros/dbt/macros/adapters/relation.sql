{#
  Names for the helper relations of a build (intermediate, temporary, backup), and ways to look
  a relation up.
#}


{# Built under this name first, then renamed to the target. #}
{% macro make_intermediate_relation(base_relation, suffix='__dbt_tmp') -%}
  {%- do return(adapter.dispatch('make_intermediate_relation', 'dbt')(base_relation, suffix)) -%}
{%- endmacro %}

{% macro default__make_intermediate_relation(base_relation, suffix) -%}
  {%- do return(default__make_temp_relation(base_relation, suffix)) -%}
{%- endmacro %}


{# Batches of one microbatch model may run side by side: each gets its own temporary name. #}
{% macro make_temp_relation(base_relation, suffix='__dbt_tmp') -%}
  {%- set own_suffix = suffix ~ '_' ~ model.batch.id if suffix == '__dbt_tmp' and model.batch else suffix -%}
  {%- do return(adapter.dispatch('make_temp_relation', 'dbt')(base_relation, own_suffix)) -%}
{%- endmacro %}

{% macro default__make_temp_relation(base_relation, suffix) -%}
  {%- do return(base_relation.incorporate(path={"identifier": base_relation.identifier ~ suffix})) -%}
{%- endmacro %}


{# Where the old relation waits until the new one has its name. #}
{% macro make_backup_relation(base_relation, backup_relation_type, suffix='__dbt_backup') -%}
  {%- do return(adapter.dispatch('make_backup_relation', 'dbt')(base_relation, backup_relation_type, suffix)) -%}
{%- endmacro %}

{% macro default__make_backup_relation(base_relation, backup_relation_type, suffix) -%}
  {%- set path = {"identifier": base_relation.identifier ~ suffix} -%}
  {%- do return(base_relation.incorporate(path=path, type=backup_relation_type)) -%}
{%- endmacro %}


{% macro truncate_relation(relation) -%}
  {%- do return(adapter.dispatch('truncate_relation', 'dbt')(relation)) -%}
{%- endmacro %}

{% macro default__truncate_relation(relation) -%}
  {% call statement('truncate_relation') -%}
    truncate table {{ relation.render() }}
  {%- endcall %}
{% endmacro %}


{# A pair: does the relation exist, and the relation, which is made up here if it does not. #}
{% macro get_or_create_relation(database, schema, identifier, type) -%}
  {%- do return(adapter.dispatch('get_or_create_relation', 'dbt')(database, schema, identifier, type)) -%}
{%- endmacro %}

{% macro default__get_or_create_relation(database, schema, identifier, type) -%}
  {%- set found = adapter.get_relation(database=database, schema=schema, identifier=identifier) -%}
  {%- if found -%}
    {%- do return([true, found]) -%}
  {%- endif -%}
  {%- set made = api.Relation.create(database=database, schema=schema, identifier=identifier, type=type) -%}
  {%- do return([false, made]) -%}
{%- endmacro %}


{# The relation as the cache knows it (with its true type), or none. #}
{% macro load_cached_relation(relation) -%}
  {%- do return(adapter.get_relation(
      database=relation.database,
      schema=relation.schema,
      identifier=relation.identifier)) -%}
{%- endmacro %}

{# The former name of load_cached_relation. #}
{% macro load_relation(relation) -%}
  {%- do return(load_cached_relation(relation)) -%}
{%- endmacro %}
