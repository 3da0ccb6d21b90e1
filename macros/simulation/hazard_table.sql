{#
    The rate of one kind of event for each level, age band and tenure band:
    the level's base rate times the multipliers of both bands, never above
    `cap`.
#}
{% macro hazard_table(event_type, cap) -%}
with bases as (

    select level_id, base_rate
    from {{ ref('stg_hazard_bases') }}
    where event_type = '{{ event_type }}'

),

{% for dimension in ['age', 'tenure'] -%}
{{ dimension }}_multipliers as (

    select band, multiplier
    from {{ ref('stg_hazard_multipliers') }}
    where event_type = '{{ event_type }}'
        and dimension = '{{ dimension }}'

){{ "," if not loop.last }}

{% endfor -%}

select
    bases.level_id,
    age_multipliers.band as age_band,
    tenure_multipliers.band as tenure_band,
    bases.base_rate,
    age_multipliers.multiplier as age_multiplier,
    tenure_multipliers.multiplier as tenure_multiplier,
    least(
        round(bases.base_rate * age_multipliers.multiplier * tenure_multipliers.multiplier, 6),
        {{ cap }}
    ) as event_rate
from bases
cross join age_multipliers
cross join tenure_multipliers
{%- endmacro %}
