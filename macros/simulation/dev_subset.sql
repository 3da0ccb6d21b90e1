{#
    Development controls: cut the census to a fixed sample, so that a whole
    simulation of a few employees takes a moment. The sample is drawn by hash,
    hence stable; raising the limit only adds employees.
#}
{% macro dev_subset_filter(employee_id) -%}
    {%- set share = var('dev_subset_pct') | float -%}
    {%- if share < 1.0 -%}
        {{ rand_uniform(employee_id, 'dev_subset', year=0) }} < {{ share }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{% macro dev_subset_limit(employee_id) -%}
    {%- set limit = var('dev_employee_limit') | int -%}
    {%- if limit > 0 -%}
        qualify row_number() over (order by {{ rand_uniform(employee_id, 'dev_limit', year=0) }}) <= {{ limit }}
    {%- endif -%}
{%- endmacro %}
