-- Everything that happened, one row for each event; a year replaces its own rows and leaves the others alone.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='simulation_year'
) }}

{% set event_models = [
    'int_hire_events',
    'int_termination_events',
    'int_new_hire_termination_events',
    'int_promotion_events',
    'int_merit_events',
    'int_enrollment_events',
    'int_escalation_events'
] %}

with events as (
    {% for model in event_models %}
    select
        {{ event_column_names() | join(',\n        ') }}
    from {{ ref(model) }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
)

select
    events.*,
    cast(row_number() over (
        partition by employee_id
        order by effective_date, event_type
    ) as integer) as event_sequence
from events
