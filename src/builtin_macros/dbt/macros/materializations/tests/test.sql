{#
  Data tests. The query of a test gives its failing rows; this counts them. Where failures are
  stored the rows become a relation first, and are counted there, so the query runs once.
#}
{% materialization test, default -%}

  {%- set header = config.get('sql_header') if flags.REQUIRE_SQL_HEADER_IN_TEST_CONFIGS else none -%}
  {%- set relations = [] -%}

  {% set main_sql %}
    {{ get_limit_subquery_sql(sql, config.get('limit')) }}
  {% endset %}

  {%- if should_store_failures() -%}

    {#- The setting is always there and may be none, so a default for get() would never count. -#}
    {%- set stored_as = config.get('store_failures_as') -%}
    {%- set stored_as = 'table' if stored_as is none else stored_as -%}
    {%- if stored_as not in ['table', 'view'] -%}
      {%- do exceptions.raise_compiler_error("'" ~ stored_as ~ "' is not a valid value for `store_failures_as`. Accepted values are: ['ephemeral', 'table', 'view']") -%}
    {%- endif -%}

    {%- set name = model['alias'] -%}
    {%- set earlier = adapter.get_relation(database=database, schema=schema, identifier=name) -%}
    {%- set failures = api.Relation.create(database=database, schema=schema, identifier=name, type=stored_as) -%}
    {%- if earlier -%}
      {%- do adapter.drop_relation(earlier) -%}
    {%- endif -%}

    {% call statement(auto_begin=True) %}
        {% if header %}{{ header }}{% endif %}
        {{ get_create_sql(failures, main_sql) }}
    {% endcall %}
    {%- do relations.append(failures) -%}

    {% set main_sql %}
        select *
        from {{ failures }}
    {% endset %}

    {%- do adapter.commit() -%}

  {%- endif -%}

  {%- set fail_calc = config.get('fail_calc') -%}
  {%- set warn_if = config.get('warn_if') -%}
  {%- set error_if = config.get('error_if') -%}

  {% call statement('main', fetch_result=True) -%}

    {% if header %}{{ header }}{% endif %}
    {# The rows are limited already. The argument is given because an override may insist on it. #}
    {{ get_test_sql(main_sql, fail_calc, warn_if, error_if, limit=none) }}

  {%- endcall %}

  {%- do return({'relations': relations}) -%}

{%- endmaterialization %}
