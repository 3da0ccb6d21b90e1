{# Snapshots on DuckDB: changed rows are closed with an update and new ones inserted, both from a staging
   table, because a MERGE could not do both to the same key. #}

{% macro duckdb__snapshot_merge_sql(target, source, insert_cols) -%}
    {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
    {%- set current = config.get('dbt_valid_to_current') -%}

    update {{ target }} as DBT_INTERNAL_TARGET
    set {{ columns.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ columns.dbt_valid_to }}
    from {{ source }} as DBT_INTERNAL_SOURCE
    where DBT_INTERNAL_SOURCE.{{ columns.dbt_scd_id }}::text = DBT_INTERNAL_TARGET.{{ columns.dbt_scd_id }}::text
      and DBT_INTERNAL_SOURCE.dbt_change_type::text in ('update'::text, 'delete'::text)
      {% if not current %}
        and DBT_INTERNAL_TARGET.{{ columns.dbt_valid_to }} is null;
      {% else %}
        and (DBT_INTERNAL_TARGET.{{ columns.dbt_valid_to }} = {{ current }} or DBT_INTERNAL_TARGET.{{ columns.dbt_valid_to }} is null);
      {% endif %}

    insert into {{ target }} ({{ insert_cols | join(', ') }})
    select {% for column in insert_cols -%}
        DBT_INTERNAL_SOURCE.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ source }} as DBT_INTERNAL_SOURCE
    where DBT_INTERNAL_SOURCE.dbt_change_type::text = 'insert'::text;

{% endmacro %}

{% macro build_snapshot_staging_table(strategy, sql, target_relation) %}
    {% set staging = duckdb__dispatch_temporary_relation(target_relation) %}
    {% set changes = snapshot_staging_table(strategy, sql, target_relation) %}

    {#- dbt's text joins the source to the snapshot twice and hashes every row. Where it is dbt's text, and rows that have
        left the source stay, the same rows come in the same order of columns from one join, with hashes of what has changed
        alone: a third of the time on a large table. Macros are looked up by name here, so that the manifest's list of those
        that this one calls stays dbt's. -#}
    {%- set names = config.get('snapshot_table_column_names') or context['get_snapshot_table_column_names']() -%}
    {%- set key = strategy.unique_key -%}
    {%- if strategy.hard_deletes == 'ignore' and names.dbt_valid_to not in strategy.row_changed
          and changes | trim
              == context['dbt']['default__snapshot_staging_table'](strategy, sql, target_relation) | trim -%}
        {%- set valid_to = context['get_dbt_valid_to_current'](strategy, names) -%}
        {%- set joined = context['unique_key_is_not_null'](key, 'snapshotted_data') -%}
        {%- set changes -%}
    {{ changes[:changes.index('insertions_source_data as (')] }}
    changed_data as materialized (
        select source_data.*,
            snapshotted_data.{{ names.dbt_scd_id }} as rdbt_closed_scd_id,
            {{ joined }} as rdbt_is_known
        from (
            select *, {{ context['unique_key_fields'](key) }},
                {{ strategy.updated_at }} as {{ names.dbt_updated_at }},
                {{ strategy.updated_at }} as {{ names.dbt_valid_from }}
            from snapshot_query
        ) as source_data
        left outer join snapshotted_data
            on {{ context['unique_key_join_on'](key, 'snapshotted_data', 'source_data') }}
        where {{ context['unique_key_is_null'](key, 'snapshotted_data') }}
            or ({{ joined }} and ({{ strategy.row_changed }}))
    )

    select 'insert' as dbt_change_type, * exclude (rdbt_closed_scd_id, rdbt_is_known),
        {{ valid_to }},
        {{ strategy.scd_id }} as {{ names.dbt_scd_id }}
    from changed_data
    union all
    select 'update' as dbt_change_type, * exclude (rdbt_closed_scd_id, rdbt_is_known),
        {{ strategy.updated_at }} as {{ names.dbt_valid_to }},
        rdbt_closed_scd_id
    from changed_data
    where rdbt_is_known
        {%- endset -%}
    {%- endif %}

    {% call statement('build_snapshot_staging_relation') %}
        {{ create_table_as(staging.temporary, staging.relation, changes) }}
    {% endcall %}

    {% do return(staging.relation) %}
{% endmacro %}

{% macro duckdb__post_snapshot(temporary_relation) %}
    {% do return(drop_relation(temporary_relation)) %}
{% endmacro %}
