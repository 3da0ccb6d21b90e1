{# One row for each period between two dates. The number of rows has to be known while rendering, so the
   database is asked for it first. #}

{% macro get_intervals_between(start_date, end_date, datepart) %}
    {% do return(adapter.dispatch('get_intervals_between', 'dbt')(start_date, end_date, datepart)) %}
{% endmacro %}

{% macro default__get_intervals_between(start_date, end_date, datepart) -%}
    {%- call statement('get_intervals_between', fetch_result=True) %}

        select {{ dbt.datediff(start_date, end_date, datepart) }}

    {%- endcall -%}

    {#- Nothing is loaded while parsing; one interval keeps the series valid until then. -#}
    {%- set result = load_result('get_intervals_between') -%}
    {%- do return(result['data'][0][0] if result and result['data'] else 1) -%}
{%- endmacro %}


{% macro date_spine(datepart, start_date, end_date) %}
    {% do return(adapter.dispatch('date_spine', 'dbt')(datepart, start_date, end_date)) %}
{% endmacro %}

{% macro default__date_spine(datepart, start_date, end_date) %}


    {# The bounds are SQL expressions, for instance "cast('2016-01-01' as date)"; the end is excluded. #}


    with rawdata as (

        {{ dbt.generate_series(dbt.get_intervals_between(start_date, end_date, datepart)) }}

    ),

    all_periods as (

        select (
            {{ dbt.dateadd(datepart, 'row_number() over (order by 1) - 1', start_date) }}
        ) as date_{{ datepart }}
        from rawdata

    ),

    filtered as (

        select *
        from all_periods
        where date_{{ datepart }} <= {{ end_date }}

    )

    select * from filtered

{% endmacro %}
