{# Columns added to and dropped from a table that exists, for `on_schema_change`. DuckDB takes one column in
   each statement. #}

{% macro duckdb__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}

  {% for column in add_columns or [] %}
    {% set statement_text -%}
         alter {{ relation.type }} {{ relation }} add column
           {{ api.Relation.create(identifier=column.name) }} {{ column.data_type }}
    {%- endset %}
    {% do run_query(statement_text) %}
  {% endfor %}

  {% for column in remove_columns or [] %}
    {% set statement_text -%}
        alter {{ relation.type }} {{ relation }} drop column
          {{ api.Relation.create(identifier=column.name) }}
    {%- endset %}
    {% do run_query(statement_text) %}
  {% endfor %}

{% endmacro %}
