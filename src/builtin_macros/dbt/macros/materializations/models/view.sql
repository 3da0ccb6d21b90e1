{#
  A model as a view. It is built under an intermediate name and takes the place of what stood
  there by two renames in one transaction, so readers always find a view or its predecessor.
#}
{% materialization view, default -%}

  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='view') -%}
  {%- set intermediate = make_intermediate_relation(target_relation) -%}
  {#- The backup is dropped by its kind, and its kind is whatever stands there now. -#}
  {%- set backup = make_backup_relation(target_relation, 'view' if existing is none else existing.type) -%}

  {#- Found only if an earlier run broke off. -#}
  {%- set stale_intermediate = load_cached_relation(intermediate) -%}
  {%- set stale_backup = load_cached_relation(backup) -%}

  {%- do run_hooks(pre_hooks, inside_transaction=False) -%}

  {%- do drop_relation_if_exists(stale_intermediate) -%}
  {%- do drop_relation_if_exists(stale_backup) -%}

  {%- do run_hooks(pre_hooks, inside_transaction=True) -%}

  {% call statement('main') -%}
    {{ get_create_view_as_sql(intermediate, sql) }}
  {%- endcall %}

  {#- Asked again, because a hook may have dropped it. -#}
  {%- set replaced = load_cached_relation(existing) if existing is not none else none -%}
  {%- if replaced is not none -%}
    {%- do adapter.rename_relation(replaced, backup) -%}
  {%- endif -%}
  {%- do adapter.rename_relation(intermediate, target_relation) -%}

  {%- set check_privileges = should_revoke(replaced, full_refresh_mode=True) -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=check_privileges) -%}
  {%- do persist_docs(target_relation, model) -%}

  {%- do run_hooks(post_hooks, inside_transaction=True) -%}
  {%- do adapter.commit() -%}
  {%- do drop_relation_if_exists(backup) -%}
  {%- do run_hooks(post_hooks, inside_transaction=False) -%}

  {%- do return({'relations': [target_relation]}) -%}

{%- endmaterialization %}
