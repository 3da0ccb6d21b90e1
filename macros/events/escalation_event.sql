{# The yearly step up of a deferral rate: `decided` has both rates. #}
{% macro escalation_event(decided) -%}
select
    {{ event_columns(
        'ESCALATION',
        effective_date='effective_date',
        details="'Deferral raised'",
        probability='event_rate',
        draw='draw',
        level_before='level_id',
        deferral_before='deferral_rate',
        deferral_after='raised_rate'
    ) }}
from {{ decided }}
{%- endmacro %}
