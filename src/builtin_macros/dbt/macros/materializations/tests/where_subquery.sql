{# What a generic test reads from: the relation, or the part of it that the `where` config leaves. #}


{% macro get_where_subquery(relation) -%}
  {%- do return(adapter.dispatch('get_where_subquery', 'dbt')(relation)) -%}
{%- endmacro %}

{% macro default__get_where_subquery(relation) -%}
  {%- set where = config.get('where', '') -%}
  {%- if not where -%}
    {%- do return(relation) -%}
  {%- endif -%}
  {%- do return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') dbt_subquery') -%}
{%- endmacro %}
