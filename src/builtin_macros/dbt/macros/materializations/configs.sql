{# Settings that a node and the command line both have a say in, and the SQL header. #}


{# Used as a `call` block at the top of a model; what stands in it goes before the statement that
   builds the model. #}
{% macro set_sql_header(config) -%}
  {%- do config.set('sql_header', caller()) -%}
{%- endmacro %}


{# `full_refresh` in the config beats the flag, in both directions. #}
{% macro should_full_refresh() -%}
  {%- set configured = config.get('full_refresh') -%}
  {%- do return(flags.FULL_REFRESH if configured is none else configured) -%}
{%- endmacro %}


{# `store_failures` in the config beats the flag, in both directions. #}
{% macro should_store_failures() -%}
  {%- set configured = config.get('store_failures') -%}
  {%- do return(flags.STORE_FAILURES if configured is none else configured) -%}
{%- endmacro %}
