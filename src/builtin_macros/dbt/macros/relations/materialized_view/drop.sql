{# DROP MATERIALIZED VIEW. The name is older than the get_..._sql family: it gives the statement and runs nothing. #}


{% macro drop_materialized_view(relation) -%}
  {{- adapter.dispatch('drop_materialized_view', 'dbt')(relation) -}}
{%- endmacro %}

{% macro default__drop_materialized_view(relation) -%}
  drop materialized view if exists {{ relation.render() }} cascade
{%- endmacro %}
