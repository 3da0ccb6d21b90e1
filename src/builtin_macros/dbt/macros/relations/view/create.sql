{# CREATE VIEW. A contract is checked before the statement runs; a view takes no constraints. #}


{% macro get_create_view_as_sql(relation, sql) -%}
  {{- adapter.dispatch('get_create_view_as_sql', 'dbt')(relation, sql) -}}
{%- endmacro %}

{% macro default__get_create_view_as_sql(relation, sql) -%}
  {%- do return(create_view_as(relation, sql)) -%}
{%- endmacro %}


{# The older name, which adapters and projects override. #}
{% macro create_view_as(relation, sql) -%}
  {{- adapter.dispatch('create_view_as', 'dbt')(relation, sql) -}}
{%- endmacro %}

{% macro default__create_view_as(relation, sql) -%}
  {%- set header = config.get('sql_header', none) -%}

  {{ header if header is not none }}
  create view {{ relation.render() }}
    {% set contract = config.get('contract') %}
    {% if contract.enforced %}
      {{ get_assert_columns_equivalent(sql) }}
    {%- endif %}
  as (
    {{ sql }}
  );
{%- endmacro %}
