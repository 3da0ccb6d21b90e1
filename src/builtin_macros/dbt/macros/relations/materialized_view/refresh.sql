{# Bringing the rows of a materialized view up to date: the adapter's own matter. #}


{% macro refresh_materialized_view(relation) %}
  {%- do log('Applying REFRESH to: ' ~ relation) -%}
  {{- adapter.dispatch('refresh_materialized_view', 'dbt')(relation) -}}
{% endmacro %}

{% macro default__refresh_materialized_view(relation) -%}
  {%- do exceptions.raise_compiler_error("`refresh_materialized_view` has not been implemented for this adapter.") -%}
{%- endmacro %}
