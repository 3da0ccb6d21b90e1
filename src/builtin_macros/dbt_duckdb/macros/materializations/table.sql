{# A model as a table: built under an intermediate name, then swapped with the table or view that had its
   name, which is kept as a backup until the commit. A table with foreign keys is built in place instead; see
   `has_foreign_key_constraints`. #}

{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}

  {% set language = model['language'] %}
  {% set grant_config = config.get('grants') %}

  {% set existing_relation = load_cached_relation(this) %}
  {% set target_relation = this.incorporate(type='table') %}
  {% set intermediate_relation = make_intermediate_relation(target_relation) %}
  {% set backup_type = existing_relation.type if existing_relation is not none else 'table' %}
  {% set backup_relation = make_backup_relation(target_relation, backup_type) %}
  {% set leftover_intermediate = load_cached_relation(intermediate_relation) %}
  {% set leftover_backup = load_cached_relation(backup_relation) %}

  {% set use_ducklake_table_workarounds = adapter.use_ducklake_table_workarounds(target_relation) %}
  {% set build_in_place = has_foreign_key_constraints(existing_relation) %}

  {# What an interrupted run left behind would be in the way. #}
  {% do drop_relation_if_exists(leftover_intermediate) %}
  {% do drop_relation_if_exists(leftover_backup) %}

  {% do run_hooks(pre_hooks, inside_transaction=False) %}

  {# The transaction begins with the first statement from here on. #}
  {% do run_hooks(pre_hooks, inside_transaction=True) %}

  {% set partitioned_by = duckdb__get_partitioned_by(target_relation, false) %}
  {% set sorted_by = duckdb__get_sorted_by(target_relation, false) %}
  {% set build_relation = target_relation if build_in_place else intermediate_relation %}
  {% set dropped_dependents = [] %}

  {% if build_in_place and existing_relation is not none %}
    {% set dropped_dependents = drop_relation_for_rebuild(existing_relation) %}
  {% endif %}

  {% call statement('main', language=language) -%}
    {{- create_table_as(
      False, build_relation, compiled_code, language, partitioned_by=partitioned_by, sorted_by=sorted_by
    ) }}
  {%- endcall %}

  {% if not build_in_place %}
    {% if existing_relation is not none %}
      {# DuckDB renames no table that an index or a foreign key hangs on. #}
      {% do drop_indexes_on_relation(existing_relation) %}
      {% if existing_relation.is_table and may_be_foreign_key_target(existing_relation) %}
        {% set dropped_dependents = drop_foreign_key_dependents(existing_relation) %}
      {% endif %}
      {% do adapter.rename_relation(existing_relation, backup_relation) %}
    {% endif %}
    {% do adapter.rename_relation(intermediate_relation, target_relation) %}
  {% endif %}
  {% do restore_foreign_key_dependents(dropped_dependents) %}

  {% do create_indexes(target_relation) %}

  {% do run_hooks(post_hooks, inside_transaction=True) %}

  {% set revokes = should_revoke(existing_relation, full_refresh_mode=True) %}
  {% do apply_grants(target_relation, grant_config, should_revoke=revokes) %}
  {% if not use_ducklake_table_workarounds %}
    {% do persist_docs(target_relation, model) %}
  {% endif %}

  {% do adapter.commit() %}

  {# Before DuckDB 1.5.3, DuckLake may lose a table's layout when the table is renamed, and may fail on
     comments made in the same transaction: both are repeated, or made, after the commit. #}
  {% if use_ducklake_table_workarounds %}
    {% if partitioned_by %}
      {% call statement('reassert_partitioned_by', auto_begin=False) -%}
        {{ duckdb__alter_table_set_partitioned_by(target_relation, partitioned_by) }}
      {%- endcall %}
    {% endif %}
    {% if sorted_by %}
      {% call statement('reassert_sorted_by', auto_begin=False) -%}
        {{ duckdb__alter_table_set_sorted_by(target_relation, sorted_by) }}
      {%- endcall %}
    {% endif %}
    {% do persist_docs(target_relation, model) %}
  {% endif %}

  {% do drop_relation_if_exists(backup_relation) %}

  {% do run_hooks(post_hooks, inside_transaction=False) %}

  {% do return({'relations': [target_relation]}) %}

{% endmaterialization %}
