{# The failing rows of `accepted_values`: each value outside the list, with its count. `quote`
   says whether the listed values are text or SQL as it stands. #}
{% macro default__test_accepted_values(model, column_name, values, quote=True) %}

with all_values as (

    select
        {{ column_name }} as value_field,
        count(*) as n_records

    from {{ model }}
    group by {{ column_name }}

)

select *
from all_values
where value_field not in (
    {% for value in values -%}
        {{ "'" ~ value ~ "'" if quote else value }}{{ ',' if not loop.last }}
    {%- endfor %}
)

{% endmacro %}
