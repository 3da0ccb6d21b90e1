{#
  What the database's clock says, as SQL. Snapshots ask through their own macros because the
  value ends up in a column and has to have a stable type.
#}


{% macro current_timestamp() -%}
  {{- adapter.dispatch('current_timestamp', 'dbt')() -}}
{%- endmacro %}

{% macro default__current_timestamp() -%}
  {%- do exceptions.raise_not_implemented('current_timestamp macro not implemented for adapter ' ~ adapter.type()) -%}
{%- endmacro %}


{% macro snapshot_get_time() -%}
  {{- adapter.dispatch('snapshot_get_time', 'dbt')() -}}
{%- endmacro %}

{% macro default__snapshot_get_time() %}
    {{ current_timestamp() }}
{% endmacro %}


{# The type of the snapshot clock, or none where the database does not say. #}
{% macro get_snapshot_get_time_data_type() -%}
  {%- set now = adapter.dispatch('snapshot_get_time', 'dbt')() -%}
  {%- set described = get_column_schema_from_query('select ' ~ now ~ ' as dbt_snapshot_time') -%}
  {%- do return(described[0].dtype or none) -%}
{%- endmacro %}


{# Kept only for packages written against the older current_timestamp macros of dbt_utils, whose
   results differed between databases. New code calls current_timestamp. #}
{% macro current_timestamp_backcompat() -%}
  {%- do return(adapter.dispatch('current_timestamp_backcompat', 'dbt')()) -%}
{%- endmacro %}

{% macro default__current_timestamp_backcompat() %}
    current_timestamp::timestamp
{% endmacro %}

{% macro current_timestamp_in_utc_backcompat() -%}
  {%- do return(adapter.dispatch('current_timestamp_in_utc_backcompat', 'dbt')()) -%}
{%- endmacro %}

{% macro default__current_timestamp_in_utc_backcompat() -%}
  {%- do return(adapter.dispatch('current_timestamp_backcompat', 'dbt')()) -%}
{%- endmacro %}
