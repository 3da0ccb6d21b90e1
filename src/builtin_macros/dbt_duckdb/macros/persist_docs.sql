{# Descriptions kept in the database as comments on relations and columns. #}

{# A comment as a string literal. The dollar quotes have a label of their own, so that the text may hold
   anything, other dollar quotes included, except this very label. #}
{% macro duckdb_escape_comment(comment) -%}
  {% if comment is not string %}
    {% do exceptions.raise_compiler_error('cannot escape a non-string: ' ~ comment) %}
  {% endif %}
  {%- set label = '$dbt_comment_literal_block$' -%}
  {%- if label in comment -%}
    {%- do exceptions.raise_compiler_error('The string ' ~ label ~ ' is not allowed in comments.') -%}
  {%- endif -%}
  {{ label ~ comment ~ label }}
{%- endmacro %}

{% macro duckdb__alter_relation_comment(relation, comment) %}
  {# A description that is not text is an error, not an empty comment. #}
  comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(comment) }};
{% endmacro %}


{# Columns that are described but do not exist are passed over. #}
{% macro duckdb__alter_column_comment(relation, column_dict) %}
  {% set existing = adapter.get_columns_in_relation(relation) | map(attribute='name') | list %}
  {% for name in column_dict if name in existing %}
    {% set column = column_dict[name] %}
    {% set literal = duckdb_escape_comment(column['description']) %}
    comment on column {{ relation }}.{{ adapter.quote(name) if column['quote'] else name }} is {{ literal }};
  {% endfor %}
{% endmacro %}
