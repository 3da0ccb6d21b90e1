{#
  The rows of a unit test as SQL: what its inputs hold, and what it expects.
#}


{# One input. Columns that a row leaves out are null, and every value is cast to the type of its
   column, so the model under test sees what the real input would give it. The types come from
   the relation in the database, or from the deferred one while ours has not been built. #}
{% macro get_fixture_sql(rows, column_name_to_data_types) %}
-- Fixture for {{ model.name }}
{% set blank_row = {} %}

{%- if not column_name_to_data_types -%}
  {%- set stands_for = defer_relation if defer_relation and not load_relation(this) else this -%}
  {%- set column_name_to_data_types = {} -%}
  {%- set quoted_names = {} -%}
  {%- for column in adapter.get_columns_in_relation(stands_for) -%}
    {%- do column_name_to_data_types.update({column.name | lower: column.data_type}) -%}
    {%- do quoted_names.update({column.name | lower: column.quoted}) -%}
  {%- endfor -%}
{%- endif -%}

{%- if not column_name_to_data_types -%}
  {%- do exceptions.raise_compiler_error("Not able to get columns for unit test '" ~ model.name ~ "' from relation " ~ this ~ " because the relation doesn't exist") -%}
{%- endif -%}

{%- for name, type in column_name_to_data_types.items() -%}
  {%- do blank_row.update({name: safe_cast("null", type) | trim}) -%}
{%- endfor -%}

{{ validate_fixture_rows(rows, row_number) }}

{%- for row in rows -%}
  {%- set values = blank_row.copy() -%}
  {%- do values.update(format_row(row, column_name_to_data_types)) -%}
select
{%- for name, value in values.items() %} {{ value }} as {{ quoted_names[name] }}{{ ',' if not loop.last }}
{%- endfor %}
{%- if not loop.last %}
union all
{% endif -%}
{%- endfor -%}

{%- if not rows -%}
    select
    {%- for name, value in blank_row.items() %} {{ value }} as {{ quoted_names[name] }}{{ ',' if not loop.last }}
    {%- endfor %}
    limit 0
{%- endif -%}
{% endmacro %}


{# The expected rows, with the columns that each row names. No rows: the shape of the actual
   result, empty. #}
{% macro get_expected_sql(rows, column_name_to_data_types, column_name_to_quoted) -%}
{%- for row in rows -%}
select
{%- for name, value in format_row(row, column_name_to_data_types).items() %} {{ value }} as {{ column_name_to_quoted[name] }}{{ ',' if not loop.last }}
{%- endfor %}
{%- if not loop.last %}
union all
{% endif -%}
{%- else -%}
    select * from dbt_internal_unit_test_actual
    limit 0
{%- endfor -%}
{%- endmacro %}


{# A row with its names in lower case and its values as casts. #}
{% macro format_row(row, column_name_to_data_types) -%}
  {%- set formatted = {} -%}
  {%- for given_name, value in row.items() -%}
    {%- set name = given_name | lower -%}

    {%- if name not in column_name_to_data_types -%}
      {%- set fixture = "expected output" if model.resource_type == 'unit_test' else "'" ~ model.name ~ "'" -%}
      {%- do exceptions.raise_compiler_error(
          "Invalid column name: '" ~ name ~ "' in unit test fixture for " ~ fixture ~ "."
          ~ "\nAccepted columns for " ~ fixture ~ " are: " ~ column_name_to_data_types.keys() | list) -%}
    {%- endif -%}

    {%- set literal = value -%}
    {%- set type = column_name_to_data_types[name] -%}
    {%- if value is none -%}
      {%- set literal = 'null' -%}
    {%- elif value is string -%}
      {%- set literal = dbt.string_literal(dbt.escape_single_quotes(value)) -%}
      {#- A length on the type would cut the text short without a word. -#}
      {%- set type = type.split('(')[0] if 'varying' in type else type -%}
    {%- endif -%}

    {%- do formatted.update({name: safe_cast(literal, type)}) -%}
  {%- endfor -%}
  {%- do return(formatted) -%}
{%- endmacro %}


{# Room for an adapter to reject rows that it cannot express. #}
{% macro validate_fixture_rows(rows, row_number) -%}
  {%- do return(adapter.dispatch('validate_fixture_rows', 'dbt')(rows, row_number)) -%}
{%- endmacro %}

{% macro default__validate_fixture_rows(rows, row_number) -%}
{%- endmacro %}
