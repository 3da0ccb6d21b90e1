{#
    The identity of an event: equal inputs give equal identifiers in every run,
    and one employee has at most one event of a type in a year.
#}
{% macro generate_event_uuid(event_type, employee_id, year=none) -%}
cast(cast(md5(concat_ws('|', '{{ var("random_seed") }}', {{ event_type }}, {{ employee_id }}, {{ year if year is not none else simulation_year() }})) as uuid) as varchar)
{%- endmacro %}
