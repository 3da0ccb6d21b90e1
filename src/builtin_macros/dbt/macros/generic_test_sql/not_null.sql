{# The failing rows of `not_null`. Where failures are stored the whole row is kept, to look into. #}
{% macro default__test_not_null(model, column_name) %}

{% set selected = '*' if should_store_failures() else column_name %}

select {{ selected }}
from {{ model }}
where {{ column_name }} is null

{% endmacro %}
