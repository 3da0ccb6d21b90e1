{# Column lists for incremental models: writing them, comparing them, choosing what MERGE updates. #}


{% macro get_quoted_csv(column_names) -%}
  {%- set quoted = [] -%}
  {%- for name in column_names -%}
    {%- do quoted.append(adapter.quote(name)) -%}
  {%- endfor -%}
  {%- do return(quoted | join(', ')) -%}
{%- endmacro %}


{# The source columns whose names the target does not have. Types are not looked at. #}
{% macro diff_columns(source_columns, target_columns) -%}
  {%- set known = target_columns | map(attribute='column') | list -%}
  {%- do return(source_columns | rejectattr('name', 'in', known) | list) -%}
{%- endmacro %}


{# Columns of both sides whose types differ, with the type to change to. A type that the target
   can be widened to without losing anything is left to column expansion. #}
{% macro diff_column_data_types(source_columns, target_columns) -%}
  {%- do return(adapter.dispatch('diff_column_data_types', 'dbt')(source_columns, target_columns)) -%}
{%- endmacro %}

{% macro default__diff_column_data_types(source_columns, target_columns) -%}
  {%- set changes = [] -%}
  {%- for source in source_columns -%}
    {%- set target = target_columns | selectattr('name', 'equalto', source.name) | list | first -%}
    {%- if target and source.expanded_data_type != target.expanded_data_type
        and not source.can_expand_to(other_column=target) -%}
      {%- do changes.append({'column_name': target.name, 'new_type': source.expanded_data_type}) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- do return(changes) -%}
{%- endmacro %}


{# What MERGE updates in a row that matches: the named columns, or all but the named ones, or all. #}
{% macro get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) -%}
  {%- do return(adapter.dispatch('get_merge_update_columns', 'dbt')(merge_update_columns, merge_exclude_columns, dest_columns)) -%}
{%- endmacro %}

{% macro default__get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) -%}
  {%- if merge_update_columns and merge_exclude_columns -%}
    {%- do exceptions.raise_compiler_error('Model cannot specify merge_update_columns and merge_exclude_columns. Please update model to use only one config') -%}
  {%- elif merge_update_columns -%}
    {%- do return(merge_update_columns) -%}
  {%- endif -%}

  {%- set excluded = (merge_exclude_columns or []) | map('lower') | list -%}
  {%- set updated = [] -%}
  {%- for column in dest_columns if column.column | lower not in excluded -%}
    {%- do updated.append(column.quoted) -%}
  {%- endfor -%}
  {%- do return(updated) -%}
{%- endmacro %}
