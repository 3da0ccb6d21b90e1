{# Someone joins the retirement plan: `decided` has the way in and the deferral rate. #}
{% macro enrollment_event(decided) -%}
select
    {{ event_columns(
        'ENROLLMENT',
        effective_date='effective_date',
        details="'Enrolled: ' || enrollment_kind",
        probability='event_rate',
        draw='draw',
        level_before='level_id',
        deferral_before='0',
        deferral_after='deferral_rate'
    ) }}
from {{ decided }}
{%- endmacro %}
