{# The project in which each line of library.json is called: names for relations and values, and a way to print any
   result with its kind. #}

{% macro lab(name, type='table') %}{% do return(api.Relation.create(database='dev', schema='lab', identifier=name, type=type)) %}{% endmacro %}

{% macro lab_strategy(deletes='ignore') %}
  {% do return({'unique_key': 'id', 'updated_at': 'updated_at', 'row_changed': '(x <> y)', 'scd_id': 'md5(id)', 'hard_deletes': deletes, 'invalidate_hard_deletes': deletes == 'invalidate'}) %}
{% endmacro %}

{# A table with the rows of a query, in a database in memory: writing costs nothing there. #}
{% macro made(name, sql="select 1 as id, 'x' as name") %}
  {% do run_query('create schema if not exists mem.lab') %}
  {% do run_query('create or replace table mem.lab.' ~ name ~ ' as ' ~ sql) %}
  {% do return(lab(name).incorporate(path={'database': 'mem'})) %}
{% endmacro %}

{# The same with an index. #}
{% macro indexed(name) %}
  {% set relation = made(name) %}
  {% do run_query('create index ' ~ name ~ '_by_id on mem.lab.' ~ name ~ ' (id)') %}
  {% do return(relation) %}
{% endmacro %}

{% macro column_of(sql) %}{% do return(run_query(sql).columns[0].values() | list) %}{% endmacro %}
{% macro listed(pattern) %}{% do return(column_of("select table_name from information_schema.tables where table_name like '" ~ pattern ~ "' order by 1")) %}{% endmacro %}
{% macro schemas_like(pattern) %}{% do return(column_of("select distinct schema_name from information_schema.schemata where schema_name like '" ~ pattern ~ "' order by 1")) %}{% endmacro %}
{% macro index_names(table) %}{% do return(column_of("select index_name from duckdb_indexes() where table_name = '" ~ table ~ "'")) %}{% endmacro %}

{% macro cols(names) %}
  {% set made = [] %}
  {% for name in names.split() %}{% do made.append(api.Column(name, 'integer')) %}{% endfor %}
  {% do return(made) %}
{% endmacro %}

{# The rows of a table in which a value occurs. #}
{% macro rows_about(table, value) %}
  {% set found = [] %}
  {% for row in table.rows if value in row.values() %}{% do found.append(row.values() | list) %}{% endfor %}
  {% do return(found) %}
{% endmacro %}

{% macro names_about(relations, name) %}
  {% set found = [] %}
  {% for relation in relations if name in relation.values() %}{% do found.append(relation.values() | list) %}{% endfor %}
  {% do return(found) %}
{% endmacro %}

{% macro show(r) %}
{%- if r is string or r is none or r is number or r is boolean -%}({{ r }})
{%- elif r.identifier is defined -%}RELATION {{ r }} {{ r.type }}
{%- elif r is mapping -%}DICT {% for k, v in r.items() %}{{ k }}={{ show(v) }};{% endfor %}
{%- elif r is sequence -%}LIST {% for v in r %}{{ show(v) }},{% endfor %}
{%- elif r.dtype is defined -%}COLUMN {{ r.name }}:{{ r.data_type }}
{%- else -%}[{{ r }}]{%- endif -%}
{% endmacro %}

{% materialization probe, default %}
  {% call statement('main') %}select 1{% endcall %}
  {{ return({'relations': []}) }}
{% endmaterialization %}
