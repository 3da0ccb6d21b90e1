{# The last day of the period that a date lies in: one day before the next period starts. The rule has a
   macro of its own, outside dispatch, so that an adapter can special-case a period and fall back on it. #}

{% macro last_day(date, datepart) %}
    {% do return(adapter.dispatch('last_day', 'dbt')(date, datepart)) %}
{% endmacro %}

{% macro default_last_day(date, datepart) -%}
    {%- set next_period = dbt.dateadd(datepart, '1', dbt.date_trunc(datepart, date)) -%}
    cast(
        {{ dbt.dateadd('day', '-1', next_period) }}
        as date)
{%- endmacro %}

{% macro default__last_day(date, datepart) -%}
    {{ dbt.default_last_day(date, datepart) }}
{%- endmacro %}
