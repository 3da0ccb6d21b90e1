{#
  The steps of a seed: make or empty its table, put the rows of the file in, and show as text what
  was done.
#}


{% macro create_csv_table(model, agate_table) -%}
  {{- adapter.dispatch('create_csv_table', 'dbt')(model, agate_table) -}}
{%- endmacro %}

{# `column_types` of the seed's config decides a column's type; otherwise the values do. #}
{% macro default__create_csv_table(model, agate_table) -%}
  {%- set given_types = model['config'].get('column_types', {}) -%}
  {%- set quoting = model['config'].get('quote_columns', none) -%}
  {%- set columns = [] -%}
  {%- for name in agate_table.column_names -%}
    {%- set guessed = adapter.convert_type(agate_table, loop.index0) -%}
    {%- do columns.append(adapter.quote_seed_column(name | string, quoting) ~ ' ' ~ given_types.get(name, guessed)) -%}
  {%- endfor -%}

  {% set ddl %}
    create table {{ this.render() }} ({{ columns | join(',') }})
  {% endset %}

  {% call statement('_') -%}
    {{ ddl }}
  {%- endcall %}

  {%- do return(ddl) -%}
{%- endmacro %}


{% macro reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
  {{- adapter.dispatch('reset_csv_table', 'dbt')(model, full_refresh, old_relation, agate_table) -}}
{%- endmacro %}

{# Emptying keeps the columns as they are: a file with other columns needs a full refresh. #}
{% macro default__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
  {%- if not full_refresh -%}
    {%- do adapter.truncate_relation(old_relation) -%}
    {%- do return("truncate table " ~ old_relation.render()) -%}
  {%- endif -%}
  {%- do adapter.drop_relation(old_relation) -%}
  {%- do return(create_csv_table(model, agate_table)) -%}
{%- endmacro %}


{# The text that stands in target/run for the whole seed. #}
{% macro get_csv_sql(create_or_truncate_sql, insert_sql) %}
    {{ adapter.dispatch('get_csv_sql', 'dbt')(create_or_truncate_sql, insert_sql) }}
{% endmacro %}

{% macro default__get_csv_sql(create_or_truncate_sql, insert_sql) %}
    {{ create_or_truncate_sql }};
    -- dbt seed --
    {{ insert_sql }}
{% endmacro %}


{# What stands for a value in the INSERT. #}
{% macro get_binding_char() -%}
  {{- adapter.dispatch('get_binding_char', 'dbt')() -}}
{%- endmacro %}

{% macro default__get_binding_char() -%}
  {%- do return('%s') -%}
{%- endmacro %}


{# Rows in one INSERT, at most. #}
{% macro get_batch_size() -%}
  {%- do return(adapter.dispatch('get_batch_size', 'dbt')()) -%}
{%- endmacro %}

{% macro default__get_batch_size() -%}
  {%- do return(10000) -%}
{%- endmacro %}


{% macro get_seed_column_quoted_csv(model, column_names) -%}
  {%- set quoting = model['config'].get('quote_columns', none) -%}
  {%- set written = [] -%}
  {%- for name in column_names -%}
    {%- do written.append(adapter.quote_seed_column(name, quoting)) -%}
  {%- endfor -%}
  {%- do return(written | join(', ')) -%}
{%- endmacro %}


{% macro load_csv_rows(model, agate_table) -%}
  {{- adapter.dispatch('load_csv_rows', 'dbt')(model, agate_table) -}}
{%- endmacro %}

{# Gives back the first INSERT, as an example of them all for target/run. #}
{% macro default__load_csv_rows(model, agate_table) -%}
  {%- set batch_size = get_batch_size() -%}
  {%- set names = get_seed_column_quoted_csv(model, agate_table.column_names) -%}
  {%- set marks = [] -%}
  {%- for name in agate_table.column_names -%}
    {%- do marks.append(get_binding_char()) -%}
  {%- endfor -%}
  {%- set one_row = '(' ~ marks | join(',') ~ ')' -%}

  {%- set inserts = [] -%}
  {%- for rows in agate_table.rows | batch(batch_size) -%}
      {%- set bindings = [] -%}
      {%- for row in rows -%}
        {%- do bindings.extend(row) -%}
      {%- endfor -%}

      {% set insert %}
          insert into {{ this.render() }} ({{ names }}) values
          {% for row in rows -%}
              {{ one_row }}{{ ',' if not loop.last }}
          {%- endfor %}
      {% endset %}

      {%- do adapter.add_query(insert, bindings=bindings, abridge_sql_log=True) -%}
      {%- if loop.first -%}
        {%- do inserts.append(insert) -%}
      {%- endif -%}
  {%- endfor -%}
  {%- do return(inserts[0]) -%}
{%- endmacro %}
