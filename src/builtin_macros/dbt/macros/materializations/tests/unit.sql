{#
  Unit tests. The model's query runs on fixtures in place of its inputs. An empty table made from
  it tells the names and types of its columns, which the expected rows are cast to.
#}
{% materialization unit, default -%}

  {%- set header = config.get('sql_header') if flags.REQUIRE_SQL_HEADER_IN_TEST_CONFIGS else none -%}
  {%- set expected_rows = config.get('expected_rows') -%}
  {%- set expected_sql = config.get('expected_sql') -%}

  {#- Only the columns that the expectation names are compared. -#}
  {%- set compared = expected_rows[0].keys() if expected_rows else get_columns_in_query(sql) -%}

  {%- set shape = make_temp_relation(this.incorporate(type='table')) -%}
  {%- do run_query(get_create_table_as_sql(True, shape, get_empty_subquery_sql(sql))) -%}
  {%- set data_types = {} -%}
  {%- set quoted_names = {} -%}
  {%- for column in adapter.get_columns_in_relation(shape) -%}
    {%- do data_types.update({column.name | lower: column.data_type}) -%}
    {%- do quoted_names.update({column.name | lower: column.quoted}) -%}
  {%- endfor -%}

  {%- set compared_quoted = [] -%}
  {%- for name in compared -%}
    {%- do compared_quoted.append(quoted_names[name | lower]) -%}
  {%- endfor -%}

  {%- set expectation = expected_sql if expected_sql else get_expected_sql(expected_rows, data_types, quoted_names) -%}
  {%- set both_sides = get_unit_test_sql(sql, expectation, compared_quoted) -%}

  {% call statement('main', fetch_result=True) -%}

    {% if header %}{{ header }}{% endif %}
    {{ both_sides }}

  {%- endcall %}

  {%- do adapter.drop_relation(shape) -%}

  {%- do return({'relations': []}) -%}

{%- endmaterialization %}
