{#
  Model contracts: the column list of CREATE TABLE with types and constraints, and the check that
  a query gives just the columns that its YAML promises.
#}


{% macro get_table_columns_and_constraints() -%}
  {{- adapter.dispatch('get_table_columns_and_constraints', 'dbt')() -}}
{%- endmacro %}

{% macro default__get_table_columns_and_constraints() -%}
  {%- do return(table_columns_and_constraints()) -%}
{%- endmacro %}


{% macro table_columns_and_constraints() %}
  {# Columns first, then the constraints that concern the table as a whole. #}
    {%- set columns = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
    {%- set constraints = adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
    (
    {% for column in columns -%}
      {{ column }}{{ "," if constraints or not loop.last }}
    {% endfor %}
    {% for constraint in constraints -%}
        {{ constraint }}{{ "," if not loop.last }}
    {% endfor -%}
    )
{% endmacro %}


{% macro get_assert_columns_equivalent(sql) -%}
  {{- adapter.dispatch('get_assert_columns_equivalent', 'dbt')(sql) -}}
{%- endmacro %}

{% macro default__get_assert_columns_equivalent(sql) -%}
  {%- do return(assert_columns_equivalent(sql)) -%}
{%- endmacro %}


{# Both sides are asked of the database as empty queries, so that its own type names are compared
   and not two spellings of one type. The order of the columns does not matter. #}
{% macro assert_columns_equivalent(sql) -%}
  {%- set declared = model['columns'] -%}
  {%- if not declared -%}
    {%- do exceptions.raise_contract_error([], []) -%}
  {%- endif -%}

  {%- set from_sql = get_column_schema_from_query(sql, config.get('sql_header', none)) -%}
  {%- set from_yaml = get_column_schema_from_query(get_empty_schema_sql(declared)) -%}
  {%- set sql_columns = format_columns(from_sql) -%}
  {%- set yaml_columns = format_columns(from_yaml) -%}

  {%- if sql_columns | length != yaml_columns | length -%}
    {%- do exceptions.raise_contract_error(yaml_columns, sql_columns) -%}
  {%- endif -%}

  {%- for column in sql_columns -%}
    {%- set promised = yaml_columns | selectattr('name', 'equalto', column['name']) | list | first -%}
    {%- if not promised or promised['formatted'] != column['formatted'] -%}
      {%- do exceptions.raise_contract_error(yaml_columns, sql_columns) -%}
    {%- endif -%}
  {%- endfor -%}
{%- endmacro %}


{# Columns as plain dictionaries; `formatted` is what is compared. #}
{% macro format_columns(columns) -%}
  {%- set plain = [] -%}
  {%- for column in columns -%}
    {%- do plain.append(adapter.dispatch('format_column', 'dbt')(column)) -%}
  {%- endfor -%}
  {%- do return(plain) -%}
{%- endmacro %}

{% macro default__format_column(column) -%}
  {%- do return({
      'name': column.name,
      'data_type': column.dtype,
      'formatted': column.column.lower() ~ " " ~ column.dtype
  }) -%}
{%- endmacro %}
