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

{# DuckDB changes a type in place. A column built anew and renamed, as other databases need it, could not be
   committed together with a delete from the same table. #}
{% macro duckdb__alter_column_type(relation, column_name, new_column_type) -%}
  {% call statement('alter_column_type') %}
    alter table {{ relation.render() }} alter column {{ adapter.quote(column_name) }} type {{ new_column_type }}
  {% endcall %}
{%- endmacro %}
