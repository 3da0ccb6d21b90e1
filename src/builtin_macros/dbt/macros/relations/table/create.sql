{#
  CREATE TABLE AS. Under an enforced contract the table gets its declared columns and constraints,
  and the query is wrapped so that its columns come in the declared order.
#}


{% macro get_create_table_as_sql(temporary, relation, sql) -%}
  {{- adapter.dispatch('get_create_table_as_sql', 'dbt')(temporary, relation, sql) -}}
{%- endmacro %}

{% macro default__get_create_table_as_sql(temporary, relation, sql) -%}
  {%- do return(create_table_as(temporary, relation, sql)) -%}
{%- endmacro %}


{# The older name, which adapters and projects override. #}
{% macro create_table_as(temporary, relation, compiled_code, language='sql') -%}
  {# Some overrides do not know the last argument: it is passed on only where it says something. #}
  {% if language != "sql" %}
    {{ adapter.dispatch('create_table_as', 'dbt')(temporary, relation, compiled_code, language) }}
  {% else %}
    {{ adapter.dispatch('create_table_as', 'dbt')(temporary, relation, compiled_code) }}
  {% endif %}
{%- endmacro %}

{% macro default__create_table_as(temporary, relation, sql) -%}
  {%- set header = config.get('sql_header', none) -%}

  {{ header if header is not none }}

  create {{ 'temporary' if temporary }} table
    {{ relation.include(database=(not temporary), schema=(not temporary)) }}
  {% set contract = config.get('contract') %}
  {% if contract.enforced and (not temporary) %}
    {{ get_assert_columns_equivalent(sql) }}
    {{ get_table_columns_and_constraints() }}
    {%- set sql = get_select_subquery(sql) %}
  {% endif %}
  as (
    {{ sql }}
  );
{%- endmacro %}


{# The declared names, as the column list of a SELECT. #}
{% macro default__get_column_names() -%}
    {%- for column in model['columns'].values() -%}
      {{ adapter.quote(column['name']) if column.get('quote') else column['name'] }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro get_select_subquery(sql) -%}
  {%- do return(adapter.dispatch('get_select_subquery', 'dbt')(sql)) -%}
{%- endmacro %}

{% macro default__get_select_subquery(sql) %}
    select {{ adapter.dispatch('get_column_names', 'dbt')() }}
    from (
        {{ sql }}
    ) as model_subq
{%- endmacro %}
