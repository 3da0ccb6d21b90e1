{# A model as a DuckDB table macro: a view that takes parameters. Its tables are looked up when it is called,
   so it need not be built again when they gain columns, and a parameter can force a filter to be pushed
   down. Callers write parentheses after its name, even without parameters. #}

{% materialization table_function, adapter='duckdb' %}

  {% set target_relation = api.Relation.create(
    identifier=model['alias'], schema=schema, database=database, type='view'
  ) %}

  {# One string, with or without commas, or a list of names. #}
  {% set parameters = config.get('parameters') %}
  {% set is_written_out = parameters is string or parameters is number %}

  {% do run_hooks(pre_hooks, inside_transaction=False) %}

  {# The transaction begins with the first statement from here on. #}
  {% do run_hooks(pre_hooks, inside_transaction=True) %}

  {# `or replace`, within the transaction, makes a backup of the old function unnecessary. #}
  {% call statement('main') -%}
    create or replace function {{ target_relation.render() }}(
        {% if parameters %}
          {{ parameters if is_written_out else parameters | join(', ') }}
        {% else %}
        {% endif %}
      ) as table (
        {{ sql }});
  {%- endcall %}

  {% do run_hooks(post_hooks, inside_transaction=True) %}

  {% do persist_docs(target_relation, model) %}

  {% do adapter.commit() %}

  {% do run_hooks(post_hooks, inside_transaction=False) %}

  {% do return({'relations': [target_relation]}) %}

{% endmaterialization %}
