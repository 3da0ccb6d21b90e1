{# Columns added to and dropped from a table that exists, for `on_schema_change`. DuckDB takes one column in
   each statement. #}

{% macro duckdb__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}

  {% if add_columns %}
    {% for added in add_columns %}
      {% do run_query(
        'alter ' ~ relation.type ~ ' ' ~ relation ~ ' add column\n           '
        ~ api.Relation.create(identifier=added.name) ~ ' ' ~ added.data_type
      ) %}
    {% endfor %}
  {% endif %}

  {% if remove_columns %}
    {% for lost in remove_columns %}
      {% do run_query(
        'alter ' ~ relation.type ~ ' ' ~ relation ~ ' drop column\n          '
        ~ api.Relation.create(identifier=lost.name)
      ) %}
    {% endfor %}
  {% endif %}

{% endmacro %}
