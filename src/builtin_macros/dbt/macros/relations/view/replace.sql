{# Replacing a view, for databases that can do it in one statement. #}


{% macro get_replace_view_sql(relation, sql) %}
  {{- adapter.dispatch('get_replace_view_sql', 'dbt')(relation, sql) -}}
{% endmacro %}

{% macro default__get_replace_view_sql(relation, sql) -%}
  {%- do exceptions.raise_compiler_error("`get_replace_view_sql` has not been implemented for this adapter.") -%}
{%- endmacro %}


{# The body of a view materialization for adapters with CREATE OR REPLACE VIEW: readers never meet
   a moment without the view, even where DDL takes no part in transactions. #}
{% macro create_or_replace_view() -%}
  {%- set name = model['alias'] -%}
  {%- set old = adapter.get_relation(database=database, schema=schema, identifier=name) -%}
  {%- set target_relation = api.Relation.create(database=database, schema=schema, identifier=name, type='view') -%}
  {%- set was_view = old is not none and old.is_view -%}

  {%- do run_hooks(pre_hooks) -%}

  {#- A view cannot replace a table; what to do about one differs between databases. -#}
  {%- if old is not none and old.is_table -%}
    {%- do handle_existing_table(should_full_refresh(), old) -%}
  {%- endif -%}

  {% call statement('main') -%}
    {{ get_create_view_as_sql(target_relation, sql) }}
  {%- endcall %}

  {%- set check_privileges = should_revoke(was_view, full_refresh_mode=True) -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=check_privileges) -%}

  {%- do run_hooks(post_hooks) -%}

  {%- do return({'relations': [target_relation]}) -%}
{%- endmacro %}


{% macro handle_existing_table(full_refresh, old_relation) %}
    {{ adapter.dispatch('handle_existing_table', 'dbt')(full_refresh, old_relation) }}
{% endmacro %}

{% macro default__handle_existing_table(full_refresh, old_relation) %}
    {% do log("Dropping relation " ~ old_relation.render() ~ " because it is of type " ~ old_relation.type) %}
    {{ adapter.drop_relation(old_relation) }}
{% endmacro %}
