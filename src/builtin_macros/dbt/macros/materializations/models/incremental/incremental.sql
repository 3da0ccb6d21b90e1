{#
  A model whose table grows. The first run builds the table; a full refresh builds it anew under
  an intermediate name and swaps it in; every other run puts the query's rows into a temporary
  table and lets the strategy bring them over.
#}
{% materialization incremental, default -%}

  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set temporary = make_temp_relation(target_relation) -%}
  {%- set intermediate = make_intermediate_relation(target_relation) -%}
  {%- set backup = make_backup_relation(target_relation, 'table' if existing is none else existing.type) -%}

  {#- A view cannot take rows: a model that used to be one starts over. -#}
  {%- set rebuild = should_full_refresh() or existing.is_view -%}
  {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}

  {#- Left over if an earlier run broke off. They go before the transaction begins. -#}
  {%- set stale_intermediate = load_cached_relation(intermediate) -%}
  {%- set stale_backup = load_cached_relation(backup) -%}
  {%- do drop_relation_if_exists(stale_intermediate) -%}
  {%- do drop_relation_if_exists(stale_backup) -%}

  {%- do run_hooks(pre_hooks, inside_transaction=False) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=True) -%}

  {#- Found before anything is built, so that an unknown strategy changes nothing. -#}
  {%- set strategy = config.get('incremental_strategy') or 'default' -%}
  {%- set write_changes = adapter.get_incremental_strategy_macro(context, strategy) -%}

  {%- set swaps = existing is not none and rebuild -%}
  {%- if existing is none -%}
    {%- set indexed = target_relation -%}
    {%- set build_sql = get_create_table_as_sql(False, target_relation, sql) -%}
  {%- elif swaps -%}
    {%- set indexed = intermediate -%}
    {%- set build_sql = get_create_table_as_sql(False, intermediate, sql) -%}
  {%- else -%}
    {%- set indexed = temporary -%}
    {%- do run_query(get_create_table_as_sql(True, temporary, sql)) -%}

    {#- A contract fixes the types, so there nothing may widen. -#}
    {%- set contract = config.get('contract') -%}
    {%- if not contract or not contract.enforced -%}
      {%- do adapter.expand_target_column_types(from_relation=temporary, to_relation=target_relation) -%}
    {%- endif -%}

    {%- set dest_columns = process_schema_changes(on_schema_change, temporary, existing)
                           or adapter.get_columns_in_relation(existing) -%}
    {%- set build_sql = write_changes({
        'target_relation': target_relation,
        'temp_relation': temporary,
        'unique_key': config.get('unique_key'),
        'dest_columns': dest_columns,
        'incremental_predicates': config.get('predicates', none) or config.get('incremental_predicates', none)
    }) -%}
  {%- endif -%}

  {% call statement("main") %}
      {{ build_sql }}
  {% endcall %}

  {%- if existing is none or existing.is_view or should_full_refresh() -%}
    {%- do create_indexes(indexed) -%}
  {%- endif -%}

  {%- if swaps -%}
    {%- do adapter.rename_relation(target_relation, backup) -%}
    {%- do adapter.rename_relation(intermediate, target_relation) -%}
  {%- endif -%}

  {%- set check_privileges = should_revoke(existing, rebuild) -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=check_privileges) -%}
  {%- do persist_docs(target_relation, model) -%}

  {%- do run_hooks(post_hooks, inside_transaction=True) -%}
  {%- do adapter.commit() -%}

  {%- if swaps -%}
    {%- do adapter.drop_relation(backup) -%}
  {%- endif -%}

  {%- do run_hooks(post_hooks, inside_transaction=False) -%}

  {%- do return({'relations': [target_relation]}) -%}

{%- endmaterialization %}
