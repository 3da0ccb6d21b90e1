{# Fails for dates outside the simulated year. #}
{% test in_simulated_year(model, column_name) %}

select *
from {{ model }}
where year({{ column_name }}) <> {{ simulation_year() }}

{% endtest %}
