{#
  A model as a table, built and swapped in as view.sql does it. Hooks inside the transaction run
  before privileges and comments are set.
#}
{% materialization table, default -%}

  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set intermediate = make_intermediate_relation(target_relation) -%}
  {%- set backup = make_backup_relation(target_relation, 'table' if existing is none else existing.type) -%}

  {%- set stale_intermediate = load_cached_relation(intermediate) -%}
  {%- set stale_backup = load_cached_relation(backup) -%}
  {%- do drop_relation_if_exists(stale_intermediate) -%}
  {%- do drop_relation_if_exists(stale_backup) -%}

  {%- do run_hooks(pre_hooks, inside_transaction=False) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=True) -%}

  {% call statement('main') -%}
    {{ get_create_table_as_sql(False, intermediate, sql) }}
  {%- endcall %}

  {%- do create_indexes(intermediate) -%}

  {%- set replaced = load_cached_relation(existing) if existing is not none else none -%}
  {%- if replaced is not none -%}
    {%- do adapter.rename_relation(replaced, backup) -%}
  {%- endif -%}
  {%- do adapter.rename_relation(intermediate, target_relation) -%}

  {%- do run_hooks(post_hooks, inside_transaction=True) -%}

  {%- set check_privileges = should_revoke(replaced, full_refresh_mode=True) -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=check_privileges) -%}
  {%- do persist_docs(target_relation, model) -%}

  {%- do adapter.commit() -%}
  {%- do drop_relation_if_exists(backup) -%}
  {%- do run_hooks(post_hooks, inside_transaction=False) -%}

  {%- do return({'relations': [target_relation]}) -%}

{%- endmaterialization %}
