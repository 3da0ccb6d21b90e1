{#
  What an incremental model does when its query has other columns than its table, as
  `on_schema_change` says: ignore it, fail, append_new_columns, or sync_all_columns.
#}


{# A setting that is none of the four counts as the default, and only the log tells. #}
{% macro incremental_validate_on_schema_change(on_schema_change, default='ignore') -%}
  {%- if on_schema_change in ['sync_all_columns', 'append_new_columns', 'fail', 'ignore'] -%}
    {%- do return(on_schema_change) -%}
  {%- endif -%}
  {%- do log('Invalid value for on_schema_change (%s) specified. Setting default value of %s.' % (on_schema_change, default)) -%}
  {%- do return(default) -%}
{%- endmacro %}


{# The columns of both sides, the differences, and `schema_changed`: is there any? #}
{% macro check_for_schema_changes(source_relation, target_relation) -%}
  {%- do return(adapter.dispatch('check_for_schema_changes', 'dbt')(source_relation, target_relation)) -%}
{%- endmacro %}

{% macro default__check_for_schema_changes(source_relation, target_relation) -%}
  {%- set source_columns = adapter.get_columns_in_relation(source_relation) -%}
  {%- set target_columns = adapter.get_columns_in_relation(target_relation) -%}
  {%- set gained = diff_columns(source_columns, target_columns) -%}
  {%- set lost = diff_columns(target_columns, source_columns) -%}
  {%- set retyped = diff_column_data_types(source_columns, target_columns) -%}
  {%- set schema_changed = gained != [] or lost != [] or retyped != [] -%}

  {% set report %}
    In {{ target_relation }}:
        Schema changed: {{ schema_changed }}
        Source columns not in target: {{ gained }}
        Target columns not in source: {{ lost }}
        New column types: {{ retyped }}
  {% endset %}
  {%- do log(report) -%}

  {%- do return({
      'schema_changed': schema_changed,
      'source_not_in_target': gained,
      'target_not_in_source': lost,
      'source_columns': source_columns,
      'target_columns': target_columns,
      'new_target_types': retyped
  }) -%}
{%- endmacro %}


{# Changes the table to fit: appending only adds columns, syncing also drops and retypes them. #}
{% macro sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) -%}
  {%- do return(adapter.dispatch('sync_column_schemas', 'dbt')(on_schema_change, target_relation, schema_changes_dict)) -%}
{%- endmacro %}

{% macro default__sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) -%}
  {%- set gained = schema_changes_dict['source_not_in_target'] -%}
  {%- set lost = schema_changes_dict['target_not_in_source'] -%}
  {%- set retyped = schema_changes_dict['new_target_types'] -%}
  {%- set syncs = on_schema_change == 'sync_all_columns' %}

  {% if gained and on_schema_change == 'append_new_columns' -%}
    {%- do alter_relation_add_remove_columns(target_relation, gained, none) -%}
  {%- elif syncs and (gained or lost) -%}
    {%- do alter_relation_add_remove_columns(target_relation, gained, lost) -%}
  {%- endif -%}

  {%- for change in (retyped if syncs else []) -%}
    {%- do alter_column_type(target_relation, change['column_name'], change['new_type']) -%}
  {%- endfor %}

  {% set report %}
    In {{ target_relation }}:
        Schema change approach: {{ on_schema_change }}
        Columns added: {{ gained }}
        Columns removed: {{ lost }}
        Data types changed: {{ retyped }}
  {% endset %}
  {%- do log(report) %}

{% endmacro %}


{# The columns to insert: those of the new rows, after the table has been made to fit. Nothing, if
   changes are ignored; the table's own columns are used then. #}
{% macro process_schema_changes(on_schema_change, source_relation, target_relation) -%}
  {%- do return(adapter.dispatch('process_schema_changes', 'dbt')(on_schema_change, source_relation, target_relation)) -%}
{%- endmacro %}

{% macro default__process_schema_changes(on_schema_change, source_relation, target_relation) -%}
  {%- if on_schema_change == 'ignore' -%}
    {%- do return({}) -%}
  {%- endif -%}

  {%- set changes = check_for_schema_changes(source_relation, target_relation) -%}
  {%- if changes['schema_changed'] and on_schema_change == 'fail' -%}
    {% set complaint %}
              The source and target schemas on this incremental model are out of sync!
              They can be reconciled in several ways:
                - set the `on_schema_change` config to either append_new_columns or sync_all_columns, depending on your situation.
                - Re-run the incremental model with `full_refresh: True` to update the target schema.
                - update the schema manually and re-run the process.

              Additional troubleshooting context:
                 Source columns not in target: {{ changes['source_not_in_target'] }}
                 Target columns not in source: {{ changes['target_not_in_source'] }}
                 New column types: {{ changes['new_target_types'] }}
          {% endset %}
    {%- do exceptions.raise_compiler_error(complaint) -%}
  {%- elif changes['schema_changed'] -%}
    {%- do sync_column_schemas(on_schema_change, target_relation, changes) -%}
  {%- endif -%}

  {%- do return(changes['source_columns']) -%}
{%- endmacro %}
