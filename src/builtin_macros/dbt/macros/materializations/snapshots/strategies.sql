{#
  Snapshot strategies: how to tell that a row has changed. A strategy is a macro named
  snapshot_<name>_strategy that gives the pieces of SQL which the staging query is made of:

    unique_key    the key, one expression or a list
    updated_at    the time from which a row is valid
    row_changed   true where the open version and the query's row differ
    scd_id        the identifier of a version
    hard_deletes  ignore, invalidate or new_record; invalidate_hard_deletes is its older form
#}


{# The macro of a strategy; "package.name" looks in that package only. #}
{% macro strategy_dispatch(name) -%}
  {%- set parts = name.split('.', 1) -%}
  {%- set package = parts[0] if parts | length == 2 else none -%}
  {%- set strategy = parts | last -%}

  {%- set scope = context -%}
  {%- if package is not none -%}
    {%- if package not in context -%}
      {%- do exceptions.raise_compiler_error("Could not find package '" ~ package ~ "', called with '" ~ name ~ "'") -%}
    {%- endif -%}
    {%- set scope = context[package] -%}
  {%- endif -%}

  {%- set macro_name = 'snapshot_' ~ strategy ~ '_strategy' -%}
  {%- if macro_name not in scope -%}
    {%- do exceptions.raise_compiler_error("The specified strategy macro '" ~ strategy ~ "' was not found in package '" ~ package ~ "'") -%}
  {%- endif -%}
  {%- do return(scope[macro_name]) -%}
{%- endmacro %}


{# One hash over several expressions. The bar keeps ('ab', 'c') and ('a', 'bc') apart. #}
{% macro snapshot_hash_arguments(args) -%}
  {{- adapter.dispatch('snapshot_hash_arguments', 'dbt')(args) -}}
{%- endmacro %}

{% macro default__snapshot_hash_arguments(args) -%}
    md5({%- for arg in args -%}
        coalesce(cast({{ arg }} as varchar ), '')
        {{ " || '|' || " if not loop.last }}
    {%- endfor -%})
{%- endmacro %}


{# A row has changed if its updated_at is later than the start of the open version. That start is
   compared, and not the snapshot's copy of updated_at, because a snapshot that used to have the
   check strategy may not have that column. `model_config` is there for callers of old. #}
{% macro snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) -%}
  {%- set key = config.get('unique_key') -%}
  {%- set updated_at = config.get('updated_at') -%}
  {%- set hard_deletes = adapter.get_hard_deletes_behavior(config) -%}
  {%- set names = config.get("snapshot_table_column_names") or get_snapshot_table_column_names() -%}

  {%- do return({
      "unique_key": key,
      "updated_at": updated_at,
      "row_changed": '(' ~ snapshotted_rel ~ '.' ~ names.dbt_valid_from ~ ' < ' ~ current_rel ~ '.' ~ updated_at ~ ')',
      "scd_id": snapshot_hash_arguments(api.Relation.scd_args(key, updated_at)),
      "invalidate_hard_deletes": hard_deletes == 'invalidate',
      "hard_deletes": hard_deletes
  }) -%}
{%- endmacro %}


{% macro snapshot_string_as_time(timestamp) -%}
  {{- adapter.dispatch('snapshot_string_as_time', 'dbt')(timestamp) -}}
{%- endmacro %}

{% macro default__snapshot_string_as_time(timestamp) -%}
  {%- do exceptions.raise_not_implemented('snapshot_string_as_time macro not implemented for adapter ' ~ adapter.type()) -%}
{%- endmacro %}


{# A pair: has a checked column been added since the last run, and the quoted names of the checked
   columns that the snapshot has already. The names come from the database, as it writes them. #}
{% macro snapshot_check_all_get_existing_columns(node, target_exists, check_cols_config) -%}
  {%- if not target_exists -%}
    {#- No table yet: all that the query gives is taken as it is, so the columns stay undefined. -#}
    {%- do return((false, query_columns)) -%}
  {%- endif -%}

  {%- if check_cols_config == 'all' -%}
    {%- set query_columns = get_columns_in_query(node['compiled_code']) -%}
  {%- elif check_cols_config is iterable and check_cols_config | length > 0 -%}
    {#- The query stands on lines of its own: it may end with a comment. -#}
    {%- set narrowed -%}
            select {{ check_cols_config | join(', ') }} from (
                {{ node['compiled_code'] }}
            ) subq
    {%- endset -%}
    {%- set query_columns = get_columns_in_query(narrowed) -%}
  {%- else -%}
    {%- do exceptions.raise_compiler_error("Invalid value for 'check_cols': " ~ check_cols_config) -%}
  {%- endif -%}

  {%- set snapshot = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) -%}
  {%- set present = adapter.get_columns_in_relation(snapshot) | map(attribute='name') | list -%}
  {%- set shared = [] -%}
  {%- for name in query_columns if name in present -%}
    {%- do shared.append(adapter.quote(name)) -%}
  {%- endfor -%}
  {%- do return((shared | length < query_columns | length, shared)) -%}
{%- endmacro %}


{# A row has changed if any checked column differs, null counting as a value of its own. A column
   that is new to the snapshot changes every row. `model_config` is there for callers of old. #}
{% macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) -%}
  {%- set key = config.get('unique_key') -%}
  {%- set hard_deletes = adapter.get_hard_deletes_behavior(config) -%}
  {%- set updated_at = config.get('updated_at') or snapshot_get_time() -%}
  {%- set column_added, columns = snapshot_check_all_get_existing_columns(node, target_exists, config.get('check_cols')) -%}

    {%- set row_changed -%}
    (
    {%- if column_added -%}
        {{ get_true_sql() }}
    {%- else -%}
    {%- for column in columns -%}
    {%- set old = snapshotted_rel ~ '.' ~ column -%}
    {%- set new = current_rel ~ '.' ~ column -%}
        {{ old }} != {{ new }}
        or
        (
            (({{ old }} is null) and not ({{ new }} is null))
            or
            ((not {{ old }} is null) and ({{ new }} is null))
        )
        {{- ' or ' if not loop.last }}
    {%- endfor -%}
    {%- endif -%}
    )
    {%- endset -%}

  {%- do return({
      "unique_key": key,
      "updated_at": updated_at,
      "row_changed": row_changed,
      "scd_id": snapshot_hash_arguments(api.Relation.scd_args(key, updated_at)),
      "invalidate_hard_deletes": hard_deletes == 'invalidate',
      "hard_deletes": hard_deletes
  }) -%}
{%- endmacro %}
