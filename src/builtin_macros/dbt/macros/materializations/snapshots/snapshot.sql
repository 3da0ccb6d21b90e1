{# A table that keeps every version of every row that its query has ever given. #}
{% materialization snapshot, default -%}

  {%- set unique_key = config.get('unique_key') -%}

  {%- set target_exists, target_relation = get_or_create_relation(
      database=model.database,
      schema=model.schema,
      identifier=model.get('alias', model.get('name')),
      type='table') -%}
  {%- if not target_relation.is_table -%}
    {%- do exceptions.relation_wrong_type(target_relation, 'table') -%}
  {%- endif -%}

  {%- do run_hooks(pre_hooks, inside_transaction=False) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=True) -%}

  {#- The node's config goes along as a dictionary because strategies have always been given it. -#}
  {%- set find_changes = strategy_dispatch(config.get('strategy')) -%}
  {%- set strategy = find_changes(model, "snapshotted_data", "source_data", model['config'], target_exists) -%}

  {%- if not target_exists -%}

    {%- set versions_sql = build_snapshot_table(strategy, model['compiled_code']) -%}
    {%- set final_sql = create_table_as(False, target_relation, versions_sql) -%}

  {%- else -%}

    {%- set names = config.get("snapshot_table_column_names") or get_snapshot_table_column_names() -%}
    {%- do adapter.assert_valid_snapshot_target_given_strategy(target_relation, names, strategy) -%}

    {%- set versions_sql = snapshot_staging_table(strategy, sql, target_relation) -%}
    {%- set staging_table = build_snapshot_staging_table(strategy, sql, target_relation) -%}
    {%- do adapter.expand_target_column_types(from_relation=staging_table, to_relation=target_relation) -%}

    {#- Columns of the staging table that the snapshot itself does not have. -#}
    {%- set staging_only = ['dbt_change_type', 'DBT_CHANGE_TYPE', 'dbt_unique_key', 'DBT_UNIQUE_KEY'] -%}
    {%- if unique_key | is_list -%}
      {%- for part in strategy.unique_key -%}
        {%- do staging_only.append('dbt_unique_key_' ~ loop.index) -%}
        {%- do staging_only.append('DBT_UNIQUE_KEY_' ~ loop.index) -%}
      {%- endfor -%}
    {%- endif -%}

    {%- set new_columns = adapter.get_missing_columns(staging_table, target_relation)
                        | rejectattr('name', 'in', staging_only) | list -%}
    {%- do create_columns(target_relation, new_columns) -%}

    {%- set inserted = [] -%}
    {%- for column in adapter.get_columns_in_relation(staging_table) if column.name not in staging_only -%}
      {%- do inserted.append(adapter.quote(column.name)) -%}
    {%- endfor -%}
    {%- set final_sql = snapshot_merge_sql(target=target_relation, source=staging_table, insert_cols=inserted) -%}

  {%- endif -%}

  {%- do check_time_data_types(versions_sql) -%}

  {% call statement('main') %}
      {{ final_sql }}
  {% endcall %}

  {%- set check_privileges = should_revoke(target_exists, full_refresh_mode=False) -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=check_privileges) -%}
  {%- do persist_docs(target_relation, model) -%}

  {%- if not target_exists -%}
    {%- do create_indexes(target_relation) -%}
  {%- endif -%}

  {%- do run_hooks(post_hooks, inside_transaction=True) -%}
  {%- do adapter.commit() -%}

  {%- if staging_table is defined -%}
    {%- do post_snapshot(staging_table) -%}
  {%- endif -%}

  {%- do run_hooks(post_hooks, inside_transaction=False) -%}

  {%- do return({'relations': [target_relation]}) -%}

{%- endmaterialization %}
