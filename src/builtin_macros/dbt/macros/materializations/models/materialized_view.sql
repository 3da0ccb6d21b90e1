{#
  A model as a materialized view. What is there decides: nothing, then create it; something else,
  or a full refresh, then replace it; the same view, then alter it if its config has changed and
  refresh its rows if not. Each step is a macro of its own that adapters override.
#}
{% materialization materialized_view, default -%}

  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type=this.MaterializedView) -%}
  {%- set intermediate = make_intermediate_relation(target_relation) -%}
  {%- set backup = make_backup_relation(target_relation, target_relation.MaterializedView if existing is none else existing.type) -%}

  {%- do materialized_view_setup(backup, intermediate, pre_hooks) -%}

  {%- set build_sql = materialized_view_get_build_sql(existing, target_relation, backup, intermediate) -%}
  {%- if build_sql == '' -%}
    {%- do materialized_view_execute_no_op(target_relation) -%}
  {%- else -%}
    {%- do materialized_view_execute_build_sql(build_sql, existing, target_relation, post_hooks) -%}
  {%- endif -%}

  {%- do materialized_view_teardown(backup, intermediate, post_hooks) -%}

  {%- do return({'relations': [target_relation]}) -%}

{%- endmaterialization %}


{# Clears away what a run that broke off has left under the helper names. #}
{% macro materialized_view_setup(backup_relation, intermediate_relation, pre_hooks) -%}
  {%- set stale_backup = load_cached_relation(backup_relation) -%}
  {%- set stale_intermediate = load_cached_relation(intermediate_relation) -%}
  {%- do drop_relation_if_exists(stale_backup) -%}
  {%- do drop_relation_if_exists(stale_intermediate) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=False) -%}
{%- endmacro %}


{% macro materialized_view_teardown(backup_relation, intermediate_relation, post_hooks) -%}
  {%- do drop_relation_if_exists(backup_relation) -%}
  {%- do drop_relation_if_exists(intermediate_relation) -%}
  {%- do run_hooks(post_hooks, inside_transaction=False) -%}
{%- endmacro %}


{# The statements to run; empty if a changed config is to be left alone. #}
{% macro materialized_view_get_build_sql(existing_relation, target_relation, backup_relation, intermediate_relation) -%}
  {%- set rebuild = should_full_refresh() -%}
  {%- if existing_relation is none -%}
    {%- do return(get_create_materialized_view_as_sql(target_relation, sql)) -%}
  {%- elif rebuild or not existing_relation.is_materialized_view -%}
    {%- do return(get_replace_sql(existing_relation, target_relation, sql)) -%}
  {%- endif -%}

  {%- set changes = get_materialized_view_configuration_changes(existing_relation, config) -%}
  {%- if changes is none -%}
    {%- do return(refresh_materialized_view(target_relation)) -%}
  {%- endif -%}

  {%- set reaction = config.get('on_configuration_change') -%}
  {%- if reaction == 'apply' -%}
    {%- do return(get_alter_materialized_view_as_sql(target_relation, changes, sql, existing_relation, backup_relation, intermediate_relation)) -%}
  {%- elif reaction == 'continue' -%}
    {%- do exceptions.warn("Configuration changes were identified and `on_configuration_change` was set to `continue` for `" ~ target_relation.render() ~ "`") -%}
    {%- do return('') -%}
  {%- elif reaction == 'fail' -%}
    {%- do exceptions.raise_fail_fast_error("Configuration changes were identified and `on_configuration_change` was set to `fail` for `" ~ target_relation.render() ~ "`") -%}
  {%- endif -%}
  {%- do exceptions.raise_compiler_error("Unexpected configuration scenario") -%}
{%- endmacro %}


{% macro materialized_view_execute_no_op(target_relation) -%}
  {%- do store_raw_result(name="main", message="skip " ~ target_relation, code="skip", rows_affected="-1") -%}
{%- endmacro %}


{% macro materialized_view_execute_build_sql(build_sql, existing_relation, target_relation, post_hooks) -%}
    {%- do run_hooks(pre_hooks, inside_transaction=True) -%}

    {% call statement(name="main") %}
        {{ build_sql }}
    {% endcall %}

    {%- set check_privileges = should_revoke(existing_relation, full_refresh_mode=True) -%}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke=check_privileges) -%}
    {%- do persist_docs(target_relation, model) -%}

    {%- do run_hooks(post_hooks, inside_transaction=True) -%}
    {%- do adapter.commit() -%}
{%- endmacro %}
