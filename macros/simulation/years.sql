{# The simulated year as a number, however `--vars` spelled it. #}
{% macro simulation_year() -%}
    {{ return(var('simulation_year') | int) }}
{%- endmacro %}


{# Whether the run starts from the census instead of an earlier year. #}
{% macro is_first_year() -%}
    {{ return(simulation_year() <= (var('start_year') | int)) }}
{%- endmacro %}


{# A date in the simulated year from "MM-DD". #}
{% macro date_in_year(month_day) -%}
    date '{{ simulation_year() }}-{{ month_day }}'
{%- endmacro %}


{# A random day of the simulated year; 365 days, so it is never next January. #}
{% macro random_day(key, purpose) -%}
    {{ date_in_year('01-01') }} + {{ rand_integer(key, purpose, 365) }}
{%- endmacro %}


{# Completed years between a date and the first of January of the simulated year. #}
{% macro completed_years(since) -%}
    date_sub('year', {{ since }}, {{ date_in_year('01-01') }})
{%- endmacro %}
