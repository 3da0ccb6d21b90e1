{% macro greet(name) %}
{{ log('debug only') }}
{{ log('hello ' ~ name, info=true) }}
{{ print('printed') }}
{% set rows = run_query('select 42 as answer') %}
{{ log(rows.columns[0].values()[0], info=true) }}
{% endmacro %}
{% macro stumble() %}
{% do run_query('select nope') %}
{% endmacro %}
{% macro warn_me() %}
{% do exceptions.warn('beware') %}
{% endmacro %}
