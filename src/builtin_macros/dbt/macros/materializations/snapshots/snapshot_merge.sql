{# Applies the staged changes: versions that changed or left are closed, new ones are added. #}


{% macro snapshot_merge_sql(target, source, insert_cols) -%}
  {{- adapter.dispatch('snapshot_merge_sql', 'dbt')(target, source, insert_cols) -}}
{%- endmacro %}

{% macro default__snapshot_merge_sql(target, source, insert_cols) -%}
    {%- set names = config.get("snapshot_table_column_names") or get_snapshot_table_column_names() -%}
    {%- set inserted = insert_cols | join(', ') -%}
    {%- set open_until = config.get("dbt_valid_to_current") -%}

    merge into {{ target.render() }} as DBT_INTERNAL_DEST
    using {{ source }} as DBT_INTERNAL_SOURCE
    on DBT_INTERNAL_SOURCE.{{ names.dbt_scd_id }} = DBT_INTERNAL_DEST.{{ names.dbt_scd_id }}

    when matched
     {% if open_until %}
	{% set valid_to = ("DBT_INTERNAL_DEST." ~ names.dbt_valid_to) | trim %}
	{% set still_open = open_until | trim %}
	and ({{ equals(valid_to, still_open) }} or {{ valid_to }} is null)

     {% else %}
       and DBT_INTERNAL_DEST.{{ names.dbt_valid_to }} is null
     {% endif %}
     and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete')
        then update
        set {{ names.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ names.dbt_valid_to }}

    when not matched
     and DBT_INTERNAL_SOURCE.dbt_change_type = 'insert'
        then insert ({{ inserted }})
        values ({{ inserted }})

{% endmacro %}
