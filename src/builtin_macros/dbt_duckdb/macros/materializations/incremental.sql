{# A model as a table that grows: built whole the first time and in a full refresh, afterwards only its new
   rows are selected, into a temporary table, and applied by the model's incremental strategy. #}

{% materialization incremental, adapter='duckdb', supported_languages=['sql', 'python'] %}

  {% set language = model['language'] %}
  {% set grant_config = config.get('grants') %}

  {% set existing_relation = load_cached_relation(this) %}
  {% set target_relation = this.incorporate(type='table') %}
  {% set intermediate_relation = make_intermediate_relation(target_relation) %}
  {% set backup_type = existing_relation.type if existing_relation is not none else 'table' %}
  {% set backup_relation = make_backup_relation(target_relation, backup_type) %}

  {# A view that has the model's name cannot grow: it is replaced as in a full refresh. #}
  {% set unique_key = config.get('unique_key') %}
  {% set full_refresh_mode = should_full_refresh() or existing_relation.is_view %}
  {% set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') %}

  {# The layout of a DuckLake table is set where the whole table is built. #}
  {% set partitioned_by = none %}
  {% set sorted_by = none %}
  {% if existing_relation is none or full_refresh_mode %}
    {% set partitioned_by = duckdb__get_partitioned_by(target_relation, false) %}
    {% set sorted_by = duckdb__get_sorted_by(target_relation, false) %}
  {% endif %}
  {% set has_layout = (partitioned_by or sorted_by) and adapter.is_ducklake(target_relation) %}

  {# What an interrupted run left behind goes first, outside the model's transaction. #}
  {% set leftover_intermediate = load_cached_relation(intermediate_relation) %}
  {% set leftover_backup = load_cached_relation(backup_relation) %}
  {% do drop_relation_if_exists(leftover_intermediate) %}
  {% do drop_relation_if_exists(leftover_backup) %}

  {# Batches of a microbatch model may run at the same time; each has a name of its own. #}
  {% set staging = duckdb__dispatch_temporary_relation(target_relation, adapter.batch_id_for_model(model)) %}
  {% set temp_relation = staging.relation %}
  {% set to_drop = [] if staging.temporary else [temp_relation] %}

  {% do run_hooks(pre_hooks, inside_transaction=False) %}

  {# The transaction begins with the first statement from here on. #}
  {% do run_hooks(pre_hooks, inside_transaction=True) %}

  {% set needs_swap = false %}
  {% set dropped_dependents = [] %}
  {% if existing_relation is none or full_refresh_mode %}
    {% set build_relation = target_relation %}
    {% if existing_relation is not none %}
      {% if has_foreign_key_constraints(existing_relation) %}
        {% set dropped_dependents = drop_relation_for_rebuild(existing_relation) %}
      {% else %}
        {% set build_relation = intermediate_relation %}
        {% set needs_swap = true %}
      {% endif %}
    {% endif %}
    {% set build_code = create_table_as(
      False, build_relation, compiled_code, language, partitioned_by=partitioned_by, sorted_by=sorted_by
    ) %}
  {% else %}
    {% set staging_code = create_table_as(
      staging.temporary, temp_relation, compiled_code, language, partitioned_by=none, sorted_by=none
    ) %}
    {% if language == 'python' %}
      {% call statement('pre', language=language) %}
        {{- staging_code }}
      {% endcall %}
    {% else %}
      {% do run_query(staging_code) %}
    {% endif %}
    {% do adapter.expand_target_column_types(from_relation=temp_relation, to_relation=target_relation) %}

    {# When the schema changes, the strategy works on the columns of the new rows. #}
    {% set dest_columns = process_schema_changes(on_schema_change, temp_relation, existing_relation) %}
    {% if not dest_columns %}
      {% set dest_columns = adapter.get_columns_in_relation(existing_relation) %}
    {% endif %}

    {% set strategy = config.get('incremental_strategy') or 'default' %}
    {% set strategy_macro = adapter.get_incremental_strategy_macro(context, strategy) %}
    {% set build_code = strategy_macro({
      'target_relation': target_relation,
      'temp_relation': temp_relation,
      'unique_key': unique_key,
      'dest_columns': dest_columns,
      'incremental_predicates': config.get('predicates', none) or config.get('incremental_predicates', none)
    }) %}
    {% set language = 'sql' %}
  {% endif %}

  {% call statement('main', language=language, auto_begin=not has_layout) %}
    {{- build_code }}
  {% endcall %}

  {% if needs_swap %}
    {# DuckDB renames no table that an index or a foreign key hangs on. #}
    {% do drop_indexes_on_relation(target_relation) %}
    {% if may_be_foreign_key_target(target_relation) %}
      {% set dropped_dependents = drop_foreign_key_dependents(target_relation) %}
    {% endif %}
    {% do adapter.rename_relation(target_relation, backup_relation) %}
    {% do adapter.rename_relation(intermediate_relation, target_relation) %}
    {% do to_drop.append(backup_relation) %}
  {% endif %}
  {% do restore_foreign_key_dependents(dropped_dependents) %}

  {% set revokes = should_revoke(existing_relation, full_refresh_mode) %}
  {% do apply_grants(target_relation, grant_config, should_revoke=revokes) %}

  {# Indexes before comments, as for tables: MotherDuck fails on the other order. #}
  {% if existing_relation is none or existing_relation.is_view or should_full_refresh() %}
    {% do create_indexes(target_relation) %}
  {% endif %}

  {% do persist_docs(target_relation, model) %}

  {% do run_hooks(post_hooks, inside_transaction=True) %}

  {% do adapter.commit() %}

  {% for relation in to_drop %}
    {# On MotherDuck these are ordinary tables, whose indexes go with them. #}
    {% if not adapter.is_motherduck() %}
      {% do drop_indexes_on_relation(relation) %}
    {% endif %}
    {% do adapter.drop_relation(relation) %}
  {% endfor %}

  {% do run_hooks(post_hooks, inside_transaction=False) %}

  {% do return({'relations': [target_relation]}) %}

{% endmaterialization %}
