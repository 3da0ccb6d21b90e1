{# Joins the age and tenure bands that a row's completed years fall into. #}
{% macro join_bands(alias, age='age', tenure='tenure_years') -%}
    inner join {{ ref('stg_age_bands') }} as age_bands
        on {{ alias }}.{{ age }} >= age_bands.min_age
        and {{ alias }}.{{ age }} < age_bands.max_age
    inner join {{ ref('stg_tenure_bands') }} as tenure_bands
        on {{ alias }}.{{ tenure }} >= tenure_bands.min_years
        and {{ alias }}.{{ tenure }} < tenure_bands.max_years
{%- endmacro %}


{# Joins the rate of one kind of event to a row with level and bands. #}
{% macro join_hazard(kind, alias) -%}
    inner join {{ ref('dim_' ~ kind ~ '_hazards') }} as hazards
        on {{ alias }}.level_id = hazards.level_id
        and {{ alias }}.age_band = hazards.age_band
        and {{ alias }}.tenure_band = hazards.tenure_band
{%- endmacro %}
