{#
  Columns: which ones a relation or a query has, and how to add, drop and retype them.
#}


{% macro get_columns_in_relation(relation) -%}
  {%- do return(adapter.dispatch('get_columns_in_relation', 'dbt')(relation)) -%}
{%- endmacro %}

{% macro default__get_columns_in_relation(relation) -%}
  {%- do exceptions.raise_not_implemented('get_columns_in_relation macro not implemented for adapter ' ~ adapter.type()) -%}
{%- endmacro %}


{# For adapters that read columns with a query: each row holds the arguments of a Column. #}
{% macro sql_convert_columns_in_relation(table) -%}
  {%- set found = [] -%}
  {%- for fields in table -%}
    {%- do found.append(api.Column(*fields)) -%}
  {%- endfor -%}
  {%- do return(found) -%}
{%- endmacro %}


{% macro get_list_of_column_names(columns) -%}
  {%- do return(columns | map(attribute='name') | list) -%}
{%- endmacro %}


{# A query with the columns of `select_sql` and no rows, for asking about types before anything is built. #}
{% macro get_empty_subquery_sql(select_sql, select_sql_header=none) -%}
  {%- do return(adapter.dispatch('get_empty_subquery_sql', 'dbt')(select_sql, select_sql_header)) -%}
{%- endmacro %}

{% macro default__get_empty_subquery_sql(select_sql, select_sql_header=none) %}
    {{- '' if select_sql_header is none else select_sql_header -}}
    select * from (
        {{ select_sql }}
    ) as __dbt_sbq
    where false
    limit 0
{% endmacro %}


{# A query with the columns that the YAML of a model declares. Every column needs a type; a bare
   numeric is legal but rounds in unexpected places, so it earns a warning. #}
{% macro get_empty_schema_sql(columns) -%}
  {%- do return(adapter.dispatch('get_empty_schema_sql', 'dbt')(columns)) -%}
{%- endmacro %}

{% macro default__get_empty_schema_sql(columns) -%}
    {%- set untyped = [] -%}
    {%- set no_precision = [] -%}
    {%- for name in columns -%}
      {%- set column = columns[name] -%}
      {%- if column['data_type'] is not defined -%}
        {%- do untyped.append(column['name']) -%}
      {%- elif column['data_type'].strip().lower() in ('numeric', 'decimal', 'number') -%}
        {%- do no_precision.append(column['name']) -%}
      {%- endif -%}
    {%- endfor -%}
    {%- if untyped -%}
      {%- do exceptions.column_type_missing(column_names=untyped) -%}
    {%- elif no_precision -%}
      {%- do exceptions.warn("Detected columns with numeric type and unspecified precision/scale, this can lead to unintended rounding: " ~ no_precision ~ "`") -%}
    {%- endif -%}
    select
    {% for name in columns -%}
      {%- set column = columns[name] %}
      {{ cast('null', column['data_type']) }} as {{ adapter.quote(column['name']) if column.get('quote') else column['name'] }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro get_column_schema_from_query(select_sql, select_sql_header=none) -%}
  {%- do return(adapter.get_column_schema_from_query(get_empty_subquery_sql(select_sql, select_sql_header))) -%}
{%- endmacro %}


{# The older way to the names alone, kept for projects that call it. #}
{% macro get_columns_in_query(select_sql) -%}
  {%- do return(adapter.dispatch('get_columns_in_query', 'dbt')(select_sql)) -%}
{%- endmacro %}

{% macro default__get_columns_in_query(select_sql) %}
    {% call statement('get_columns_in_query', fetch_result=True, auto_begin=False) -%}
        {{ get_empty_subquery_sql(select_sql) }}
    {% endcall %}
    {%- set answer = load_result('get_columns_in_query').table -%}
    {%- do return(answer.columns | map(attribute='name') | list) -%}
{% endmacro %}


{# No cast in place: a second column of the new type takes the data and then the name. #}
{% macro alter_column_type(relation, column_name, new_column_type) -%}
  {%- do return(adapter.dispatch('alter_column_type', 'dbt')(relation, column_name, new_column_type)) -%}
{%- endmacro %}

{# DuckDB changes a type in place. A column built anew and renamed, as dbt does it for all databases, could not be
   committed together with a delete from the same table. It stands here and not under `duckdb__`, so that a project
   sees the macros that dbt has and no more. #}
{% macro default__alter_column_type(relation, column_name, new_column_type) -%}

  {% call statement('alter_column_type') %}
    alter table {{ relation.render() }} alter column {{ adapter.quote(column_name) }} type {{ new_column_type }}
  {% endcall %}

{% endmacro %}


{% macro alter_relation_add_remove_columns(relation, add_columns = none, remove_columns = none) -%}
  {%- do return(adapter.dispatch('alter_relation_add_remove_columns', 'dbt')(relation, add_columns, remove_columns)) -%}
{%- endmacro %}

{% macro default__alter_relation_add_remove_columns(relation, add_columns, remove_columns) -%}
  {%- set added = [] if add_columns is none else add_columns -%}
  {%- set removed = [] if remove_columns is none else remove_columns -%}

  {% set ddl -%}

     alter {{ relation.type }} {{ relation.render() }}

            {% for column in added %}
               add column {{ column.quoted }} {{ column.expanded_data_type }}{{ ',' if not loop.last }}
            {% endfor %}{{ ',' if added and removed }}

            {% for column in removed %}
                drop column {{ column.quoted }}{{ ',' if not loop.last }}
            {% endfor %}

  {%- endset -%}

  {%- do run_query(ddl) -%}
{%- endmacro %}
