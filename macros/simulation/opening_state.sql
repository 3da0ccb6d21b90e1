{#
    Who works here on the first of January, with everything the year's draws
    depend on. The first year comes from the census, every other year from the
    rows of the year before it in `history`: one year's rows are read, however
    long the simulation has run.

    census:   relation with the census employees
    history:  relation that carries the state by year
#}
{% macro opening_state(census, history) -%}
    {%- if is_first_year() %}
    select
        employee_id,
        birth_date,
        hire_date,
        department_code,
        level_id,
        annual_salary,
        last_promotion_date,
        is_enrolled,
        enrollment_date,
        deferral_rate
    from {{ census }}
    {%- else %}
    select
        employee_id,
        birth_date,
        hire_date,
        department_code,
        level_id,
        annual_salary,
        last_promotion_date,
        is_enrolled,
        enrollment_date,
        deferral_rate
    from {{ history }}
    where simulation_year = {{ simulation_year() - 1 }}
        and employment_status = 'active'
    {%- endif %}
{%- endmacro %}
