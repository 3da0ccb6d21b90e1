{# DROP VIEW. The name is older than the get_..._sql family: it gives the statement and runs nothing. #}


{% macro drop_view(relation) -%}
  {{- adapter.dispatch('drop_view', 'dbt')(relation) -}}
{%- endmacro %}

{% macro default__drop_view(relation) -%}
  drop view if exists {{ relation.render() }} cascade
{%- endmacro %}
