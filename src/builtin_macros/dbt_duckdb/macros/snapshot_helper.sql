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

    {% call statement('build_snapshot_staging_relation') %}
        {{ create_table_as(staging.temporary, staging.relation, changes) }}
    {% endcall %}

    {% do return(staging.relation) %}
{% endmacro %}

{% macro duckdb__post_snapshot(temporary_relation) %}
    {% do return(drop_relation(temporary_relation)) %}
{% endmacro %}
