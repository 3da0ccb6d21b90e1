{# The whole numbers from 1 to a bound, on engines that have no function for it: cross-joining n copies
   of a two-row table gives 2^n rows, and each copy is one binary digit of the row's number. #}

{% macro get_powers_of_two(upper_bound) %}
    {% do return(adapter.dispatch('get_powers_of_two', 'dbt')(upper_bound)) %}
{% endmacro %}

{# How many copies are needed: the smallest n, at least 1, with 2^n >= upper_bound. #}
{% macro default__get_powers_of_two(upper_bound) %}
    {% if upper_bound <= 0 %}
        {% do exceptions.raise_compiler_error('upper bound must be positive') %}
    {% endif %}
    {% for exponent in range(1, 100) if 2 ** exponent >= upper_bound %}
        {% do return(exponent) %}
    {% endfor %}
{% endmacro %}


{% macro generate_series(upper_bound) %}
    {% do return(adapter.dispatch('generate_series', 'dbt')(upper_bound)) %}
{% endmacro %}

{% macro default__generate_series(upper_bound) %}

    {% set digits = dbt.get_powers_of_two(upper_bound) %}

    with p as (
        select 0 as generated_number union all select 1
    ), unioned as (

    select

    {% for digit in range(digits) %}
    p{{ digit }}.generated_number * power(2, {{ digit }})
    {{ ' + ' if not loop.last }}
    {% endfor %}
    + 1
    as generated_number

    from

    {% for digit in range(digits) %}
    p as p{{ digit }}
    {{ ' cross join ' if not loop.last }}
    {% endfor %}

    )

    select *
    from unioned
    where generated_number <= {{ upper_bound }}
    order by generated_number

{% endmacro %}
