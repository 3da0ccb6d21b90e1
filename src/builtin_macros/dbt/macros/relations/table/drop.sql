{# DROP TABLE. The name is older than the get_..._sql family: it gives the statement and runs nothing. #}


{% macro drop_table(relation) -%}
  {{- adapter.dispatch('drop_table', 'dbt')(relation) -}}
{%- endmacro %}

{% macro default__drop_table(relation) -%}
  drop table if exists {{ relation.render() }} cascade
{%- endmacro %}
