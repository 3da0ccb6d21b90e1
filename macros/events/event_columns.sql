{#
    The columns that every event model ends in, in the order in which
    fct_yearly_events unites them. Arguments are SQL expressions; what an event
    does not touch stays null.
#}
{% macro event_columns(
    event_type,
    effective_date,
    details,
    probability='1.0',
    draw='null',
    level_before='null',
    level_after='null',
    salary_before='null',
    salary_after='null',
    deferral_before='null',
    deferral_after='null'
) -%}
    {{ generate_event_uuid("'" ~ event_type ~ "'", 'employee_id') }} as event_id,
    '{{ event_type }}' as event_type,
    employee_id,
    {{ simulation_year() }} as simulation_year,
    cast({{ effective_date }} as date) as effective_date,
    cast({{ details }} as varchar) as event_details,
    cast({{ level_before }} as integer) as level_before,
    cast({{ level_after }} as integer) as level_after,
    cast({{ salary_before }} as decimal(12, 2)) as salary_before,
    cast({{ salary_after }} as decimal(12, 2)) as salary_after,
    cast({{ deferral_before }} as decimal(5, 4)) as deferral_before,
    cast({{ deferral_after }} as decimal(5, 4)) as deferral_after,
    cast({{ probability }} as double) as event_probability,
    cast({{ draw }} as double) as random_draw
{%- endmacro %}


{# The names of those columns, for whoever selects them by name. #}
{% macro event_column_names() -%}
    {{ return([
        'event_id', 'event_type', 'employee_id', 'simulation_year', 'effective_date', 'event_details',
        'level_before', 'level_after', 'salary_before', 'salary_after',
        'deferral_before', 'deferral_after', 'event_probability', 'random_draw'
    ]) }}
{%- endmacro %}
