{#
    The identity of an event: equal inputs give equal identifiers in every run,
    and one employee has at most one event of a type in a year.
#}
{% macro generate_event_uuid(event_type, employee_id, year=none) -%}
    {%- set event_year = year if year is not none else simulation_year() -%}
    {%- set parts = ["'" ~ var('random_seed') ~ "'", event_type, employee_id, event_year] -%}
    cast(cast(md5(concat_ws('|', {{ parts | join(', ') }})) as uuid) as varchar)
{%- endmacro %}
