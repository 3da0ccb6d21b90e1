{# The name of the MotherDuck Flight that runs a Python model. It has to be unique for a MotherDuck user: a
   project that builds two targets into the same database and schema overrides `duckdb__flight_name`. #}

{% macro flight_name(parsed_model) %}
    {% do return(adapter.dispatch('flight_name', 'dbt')(parsed_model)) %}
{% endmacro %}

{% macro default__flight_name(parsed_model) %}
    {% do return(duckdb__flight_name(parsed_model)) %}
{% endmacro %}

{% macro duckdb__flight_name(parsed_model) %}
    {% set own_name = parsed_model.get('alias') or parsed_model.get('name') %}
    {% set parts = [
        'dbt', parsed_model.get('package_name'), parsed_model.get('database'), parsed_model.get('schema'), own_name
    ] %}
    {% do return(parts | select | join('-')) %}
{% endmacro %}
