{#
  The statements of a snapshot. The first run makes a table of the query's rows. Every later run
  collects its changes in a staging table, each marked insert, update or delete, which
  snapshot_merge_sql then applies.
#}


{# Columns that the query has gained since the snapshot began. #}
{% macro create_columns(relation, columns) %}
  {{ adapter.dispatch('create_columns', 'dbt')(relation, columns) }}
{% endmacro %}

{% macro default__create_columns(relation, columns) %}
  {% for column in columns %}
    {% call statement() %}
      alter table {{ relation.render() }} add column {{ adapter.quote(column.name) }} {{ column.expanded_data_type }};
    {% endcall %}
  {% endfor %}
{% endmacro %}


{# Called last; an adapter whose staging table outlives its session drops it here. #}
{% macro post_snapshot(staging_relation) %}
  {{ adapter.dispatch('post_snapshot', 'dbt')(staging_relation) }}
{% endmacro %}

{% macro default__post_snapshot(staging_relation) %}
    {# Nothing to do where temporary tables go by themselves. #}
{% endmacro %}


{% macro get_true_sql() %}
  {{ adapter.dispatch('get_true_sql', 'dbt')() }}
{% endmacro %}

{% macro default__get_true_sql() -%}
  {%- do return('TRUE') -%}
{%- endmacro %}


{# The names of dbt's own columns, unless `snapshot_table_column_names` gives others. #}
{% macro get_snapshot_table_column_names() -%}
  {%- do return({
      'dbt_valid_to': 'dbt_valid_to',
      'dbt_valid_from': 'dbt_valid_from',
      'dbt_scd_id': 'dbt_scd_id',
      'dbt_updated_at': 'dbt_updated_at',
      'dbt_is_deleted': 'dbt_is_deleted'
  }) -%}
{%- endmacro %}


{# The changes since the last run, as one query.

   snapshotted_data is the open version of each key. A key without one, or whose row has changed,
   is inserted; if it had one, that is closed by an update. What becomes of a key that has left the
   query depends on `hard_deletes`: it stays open (ignore), it is closed (invalidate), or it is
   closed and a further version marked as deleted follows (new_record). #}
{% macro snapshot_staging_table(strategy, source_sql, target_relation) -%}
  {{ adapter.dispatch('snapshot_staging_table', 'dbt')(strategy, source_sql, target_relation) }}
{% endmacro %}

{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) -%}
    {%- set key = strategy.unique_key -%}
    {%- set adds_deleted = strategy.hard_deletes == 'new_record' -%}
    {%- set closes_deleted = adds_deleted or strategy.hard_deletes == 'invalidate' -%}
    {%- set open_until = config.get('dbt_valid_to_current') -%}
    {% set names = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() %}
    {% if adds_deleted %}
        {% set deleted_scd_id = snapshot_hash_arguments([names.dbt_scd_id, snapshot_get_time()]) %}
    {% endif %}
    with snapshot_query as (

        {{ source_sql }}

    ),

    snapshotted_data as (

        select *, {{ unique_key_fields(key) }}
        from {{ target_relation }}
        where
            {% if open_until %}
		{% set valid_to = names.dbt_valid_to | trim %}
		{% set still_open = open_until | trim %}

		{# Versions from before this setting was made have a null there. #}
                ( {{ equals(valid_to, still_open) }} or {{ valid_to }} is null )
            {% else %}
                {{ names.dbt_valid_to }} is null
            {% endif %}

    ),

    insertions_source_data as (

        select *, {{ unique_key_fields(key) }},
            {{ strategy.updated_at }} as {{ names.dbt_updated_at }},
            {{ strategy.updated_at }} as {{ names.dbt_valid_from }},
            {{ get_dbt_valid_to_current(strategy, names) }},
            {{ strategy.scd_id }} as {{ names.dbt_scd_id }}

        from snapshot_query
    ),

    updates_source_data as (

        select *, {{ unique_key_fields(key) }},
            {{ strategy.updated_at }} as {{ names.dbt_updated_at }},
            {{ strategy.updated_at }} as {{ names.dbt_valid_from }},
            {{ strategy.updated_at }} as {{ names.dbt_valid_to }}

        from snapshot_query
    ),

    {%- if closes_deleted %}

    deletes_source_data as (

        select *, {{ unique_key_fields(key) }}
        from snapshot_query
    ),
    {% endif %}

    insertions as (

        select
            'insert' as dbt_change_type,
            source_data.*
          {{- ",'False' as " ~ names.dbt_is_deleted if adds_deleted }}

        from insertions_source_data as source_data
        left outer join snapshotted_data
            on {{ unique_key_join_on(key, "snapshotted_data", "source_data") }}
            where {{ unique_key_is_null(key, "snapshotted_data") }}
            or ({{ unique_key_is_not_null(key, "snapshotted_data") }} and (
               {{ strategy.row_changed }} {%- if adds_deleted -%} or snapshotted_data.{{ names.dbt_is_deleted }} = 'True' {% endif %}
            )

        )

    ),

    updates as (

        select
            'update' as dbt_change_type,
            source_data.*,
            snapshotted_data.{{ names.dbt_scd_id }}
          {{- ', snapshotted_data.' ~ names.dbt_is_deleted if adds_deleted }}

        from updates_source_data as source_data
        join snapshotted_data
            on {{ unique_key_join_on(key, "snapshotted_data", "source_data") }}
        where (
            {{ strategy.row_changed }}  {%- if adds_deleted -%} or snapshotted_data.{{ names.dbt_is_deleted }} = 'True' {% endif %}
        )
    )

    {%- if closes_deleted %}
    ,
    deletes as (

        select
            'delete' as dbt_change_type,
            source_data.*,
            {{ snapshot_get_time() }} as {{ names.dbt_valid_from }},
            {{ snapshot_get_time() }} as {{ names.dbt_updated_at }},
            {{ snapshot_get_time() }} as {{ names.dbt_valid_to }},
            snapshotted_data.{{ names.dbt_scd_id }}
          {{- ', snapshotted_data.' ~ names.dbt_is_deleted if adds_deleted }}
        from snapshotted_data
        left join deletes_source_data as source_data
            on {{ unique_key_join_on(key, "snapshotted_data", "source_data") }}
            where {{ unique_key_is_null(key, "source_data") }}

            {%- if adds_deleted %}
            and not (
                --avoid updating the record's valid_to if the latest entry is marked as deleted
                snapshotted_data.{{ names.dbt_is_deleted }} = 'True'
                and
                snapshotted_data.{{ names.dbt_valid_to }} {{ '= ' ~ open_until if open_until else 'is null' }}
            )
            {%- endif %}
    )
    {%- endif %}

    {%- if adds_deleted %}
        {% set in_snapshot = get_list_of_column_names(get_columns_in_relation(target_relation)) %}
        {% set in_source = get_columns_in_query(source_sql) %}
    ,
    deletion_records as (

        select
            'insert' as dbt_change_type,
            {%- for name in in_source -%}
            {{ 'snapshotted_data' if name in in_snapshot else 'source_data' }}.{{ adapter.quote(name) }},
            {%- endfor -%}
            {%- if key | is_list -%}
                {%- for part in key -%}
            snapshotted_data.{{ part }} as dbt_unique_key_{{ loop.index }},
                {% endfor -%}
            {%- else -%}
            snapshotted_data.dbt_unique_key as dbt_unique_key,
            {% endif -%}
            {{ snapshot_get_time() }} as {{ names.dbt_valid_from }},
            {{ snapshot_get_time() }} as {{ names.dbt_updated_at }},
            snapshotted_data.{{ names.dbt_valid_to }} as {{ names.dbt_valid_to }},
            {{ deleted_scd_id }} as {{ names.dbt_scd_id }},
            'True' as {{ names.dbt_is_deleted }}
        from snapshotted_data
        left join deletes_source_data as source_data
            on {{ unique_key_join_on(key, "snapshotted_data", "source_data") }}
        where {{ unique_key_is_null(key, "source_data") }}
        and not (
            --avoid inserting a new record if the latest one is marked as deleted
            snapshotted_data.{{ names.dbt_is_deleted }} = 'True'
            and
            snapshotted_data.{{ names.dbt_valid_to }} {{ '= ' ~ open_until if open_until else 'is null' }}
            )

    )
    {%- endif %}

    select * from insertions
    union all
    select * from updates
    {%- if closes_deleted %}
    union all
    select * from deletes
    {%- endif %}
    {%- if adds_deleted %}
    union all
    select * from deletion_records
    {%- endif %}


{%- endmacro %}


{# The first run: every row of the query is the open version of its key. #}
{% macro build_snapshot_table(strategy, sql) -%}
  {{ adapter.dispatch('build_snapshot_table', 'dbt')(strategy, sql) }}
{% endmacro %}

{% macro default__build_snapshot_table(strategy, sql) %}
    {% set names = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() %}

    select *,
        {{ strategy.scd_id }} as {{ names.dbt_scd_id }},
        {{ strategy.updated_at }} as {{ names.dbt_updated_at }},
        {{ strategy.updated_at }} as {{ names.dbt_valid_from }},
        {{ get_dbt_valid_to_current(strategy, names) }}
      {%- if strategy.hard_deletes == 'new_record' -%}
        , 'False' as {{ names.dbt_is_deleted }}
      {% endif -%}
    from (
        {{ sql }}
    ) sbq

{% endmacro %}


{% macro build_snapshot_staging_table(strategy, sql, target_relation) -%}
  {%- set staging = make_temp_relation(target_relation) -%}
  {%- set changes = snapshot_staging_table(strategy, sql, target_relation) -%}
    {% call statement('build_snapshot_staging_relation') %}
        {{ create_table_as(True, staging, changes) }}
    {% endcall %}
  {%- do return(staging) -%}
{%- endmacro %}


{# The type of dbt_updated_at in a query, in either case of its name; none without that column. #}
{% macro get_updated_at_column_data_type(snapshot_sql) -%}
  {%- set found = [] -%}
  {%- for column in get_column_schema_from_query(snapshot_sql) if column.column in ('dbt_updated_at', 'DBT_UPDATED_AT') -%}
    {%- do found.append(column.dtype) -%}
  {%- endfor -%}
  {%- do return(found | last or none) -%}
{%- endmacro %}


{# Times with and without a zone do not compare well: warns if the snapshot's own clock and its
   updated_at column differ in type. #}
{% macro check_time_data_types(sql) %}
  {% set column_type = get_updated_at_column_data_type(sql) %}
  {% set clock_type = get_snapshot_get_time_data_type() %}
  {% if column_type is not none and clock_type is not none and column_type != clock_type -%}
    {%- if exceptions.warn_snapshot_timestamp_data_types -%}
      {%- do exceptions.warn_snapshot_timestamp_data_types(clock_type, column_type) -%}
    {%- endif -%}
  {%- endif %}
{% endmacro %}


{# nullif(x, x) is a null of the type that x has, so the column starts with the right type. #}
{% macro get_dbt_valid_to_current(strategy, columns) %}
  {% set still_open = config.get('dbt_valid_to_current') or "null" %}
  coalesce(nullif({{ strategy.updated_at }}, {{ strategy.updated_at }}), {{ still_open }})
  as {{ columns.dbt_valid_to }}
{% endmacro %}


{# The next four write the key of a snapshot, which is one expression or a list of them. #}
{% macro unique_key_fields(unique_key) %}
    {% if unique_key | is_list %}
        {% for part in unique_key %}
            {{ part }} as dbt_unique_key_{{ loop.index }}
            {{- ' ,' if not loop.last }}
        {% endfor %}
    {% else %}
        {{ unique_key }} as dbt_unique_key
    {% endif %}
{% endmacro %}


{% macro unique_key_join_on(unique_key, identifier, from_identifier) %}
    {% if unique_key | is_list %}
        {% for part in unique_key %}
	    {% set left = (identifier ~ ".dbt_unique_key_" ~ loop.index) | trim %}
	    {% set right = (from_identifier ~ ".dbt_unique_key_" ~ loop.index) | trim %}
	    {{ equals(left, right) }}
            {{- ' and' if not loop.last }}
        {% endfor %}
    {% else %}
        {{ identifier }}.dbt_unique_key = {{ from_identifier }}.dbt_unique_key
    {% endif %}
{% endmacro %}


{% macro unique_key_is_null(unique_key, identifier) %}
    {% if unique_key | is_list %}
        {{ identifier }}.dbt_unique_key_1 is null
    {% else %}
        {{ identifier }}.dbt_unique_key is null
    {% endif %}
{% endmacro %}


{% macro unique_key_is_not_null(unique_key, identifier) %}
    {% if unique_key | is_list %}
        {{ identifier }}.dbt_unique_key_1 is not null
    {% else %}
        {{ identifier }}.dbt_unique_key is not null
    {% endif %}
{% endmacro %}
