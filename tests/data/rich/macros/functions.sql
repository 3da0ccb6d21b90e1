{#- DuckDB has macros where other databases have functions. -#}
{% macro duckdb__scalar_function_sql(target_relation) %}
create or replace macro {{ target_relation.render() }} (
  {%- for argument in model.arguments %}{{ argument.name }}{{ ", " if not loop.last }}{% endfor -%}
) as {{ model.compiled_code }}
{% endmacro %}
