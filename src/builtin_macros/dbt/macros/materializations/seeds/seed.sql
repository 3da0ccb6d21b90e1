{#
  A CSV file as a table. An existing table is emptied and filled anew, or rebuilt under a full
  refresh. The rows go in with their own statements; the node's "main" statement only records
  their text and their number.
#}
{% materialization seed, default -%}

  {%- set full_refresh_mode = should_full_refresh() -%}
  {%- set existing = adapter.get_relation(database=database, schema=schema, identifier=model['alias']) -%}
  {%- set existing_table = existing is not none and existing.is_table -%}

  {%- set agate_table = load_agate_table() -%}
  {%- do store_result('agate_table', response='OK', agate_table=agate_table) -%}

  {%- do run_hooks(pre_hooks, inside_transaction=False) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=True) -%}

  {%- if existing_table -%}
    {%- set table_sql = reset_csv_table(model, full_refresh_mode, existing, agate_table) -%}
  {%- elif existing is not none and existing.is_view -%}
    {%- do exceptions.raise_compiler_error("Cannot seed to '{}', it is a view".format(existing.render())) -%}
  {%- else -%}
    {%- set table_sql = create_csv_table(model, agate_table) -%}
  {%- endif -%}

  {%- set row_count = agate_table.rows | length -%}
  {%- set rows_sql = load_csv_rows(model, agate_table) if row_count > 0 else "" -%}

  {%- set code = 'CREATE' if full_refresh_mode else 'INSERT' -%}
  {% call noop_statement('main', code ~ ' ' ~ row_count, code, row_count) %}
    {{ get_csv_sql(table_sql, rows_sql) }};
  {% endcall %}

  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set check_privileges = should_revoke(existing, full_refresh_mode) -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=check_privileges) -%}
  {%- do persist_docs(target_relation, model) -%}

  {%- if full_refresh_mode or not existing_table -%}
    {%- do create_indexes(target_relation) -%}
  {%- endif -%}

  {%- do run_hooks(post_hooks, inside_transaction=True) -%}
  {%- do adapter.commit() -%}
  {%- do run_hooks(post_hooks, inside_transaction=False) -%}

  {%- do return({'relations': [target_relation]}) -%}

{%- endmaterialization %}
