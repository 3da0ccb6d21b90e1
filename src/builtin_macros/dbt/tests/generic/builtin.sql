{#
  The four tests that every project has. Each one only finds the query of the adapter at hand;
  the usual queries are under macros/generic_test_sql.
#}


{% test unique(model, column_name) %}
    {% set failing_rows = adapter.dispatch('test_unique', 'dbt') %}
    {{ failing_rows(model, column_name) }}
{% endtest %}


{% test not_null(model, column_name) %}
    {% set failing_rows = adapter.dispatch('test_not_null', 'dbt') %}
    {{ failing_rows(model, column_name) }}
{% endtest %}


{% test accepted_values(model, column_name, values, quote=True) %}
    {% set failing_rows = adapter.dispatch('test_accepted_values', 'dbt') %}
    {{ failing_rows(model, column_name, values, quote) }}
{% endtest %}


{% test relationships(model, column_name, to, field) %}
    {% set failing_rows = adapter.dispatch('test_relationships', 'dbt') %}
    {{ failing_rows(model, column_name, to, field) }}
{% endtest %}
