{# Generic tests of tables in which a row holds for a span of time (slowly changing dimensions of type 2), such as snapshots. #}

{# The rows with their spans: `scd2_until` is null for what holds still, which `current` may say in another way. #}
{% macro scd2_spans(model, valid_from, valid_to, current) -%}
    select
        *,
        {{ valid_from }} as scd2_from,
        {% if current is none %}{{ valid_to }}{% else %}nullif({{ valid_to }}, {{ current }}){% endif %} as scd2_until
    from {{ model }}
{%- endmacro %}


{# The columns that tell things apart, for `partition by`. #}
{% macro scd2_keys(key_columns, column_name) -%}
    {%- set keys = key_columns if key_columns else column_name -%}
    {%- if not keys -%}
        {%- do exceptions.raise_compiler_error(
            "The scd2 tests need `key_columns`: the column, or the list of columns, that tells one thing from another. "
            ~ "Write `arguments: {key_columns: id}`, or put the test below the column."
        ) -%}
    {%- endif -%}
    {{ return(keys if keys is string else keys | join(', ')) }}
{%- endmacro %}


{# Two common table expressions: the spans, and each with what is known of the rows of its thing that began before it. #}
{% macro scd2_before_each(model, keys, valid_from, valid_to, current) -%}
with spans as (

    {{ scd2_spans(model, valid_from, valid_to, current) }}

),

before_each as (

    select
        *,
        max(scd2_until) over earlier as scd2_ended,
        coalesce(bool_or(scd2_until is null) over earlier, false) as scd2_still_open
    from spans
    window earlier as (
        partition by {{ keys }}
        order by scd2_from, scd2_until nulls last
        rows between unbounded preceding and 1 preceding
    )

)
{%- endmacro %}


{# Each thing has at most one current row; with `required`, exactly one. #}
{% test scd2_one_current(
    model, key_columns=none, valid_from='dbt_valid_from', valid_to='dbt_valid_to', current=none, required=false,
    column_name=none
) %}
{%- set keys = scd2_keys(key_columns, column_name) %}

with spans as (

    {{ scd2_spans(model, valid_from, valid_to, current) }}

)

select
    {{ keys }},
    count(*) filter (where scd2_until is null) as current_rows
from spans
group by {{ keys }}
having count(*) filter (where scd2_until is null) {{ '<>' if required else '>' }} 1

{% endtest %}


{# No row of a thing begins before an earlier one has ended, and none ends before it begins. #}
{% test scd2_no_overlap(
    model, key_columns=none, valid_from='dbt_valid_from', valid_to='dbt_valid_to', current=none, column_name=none
) %}
{%- set keys = scd2_keys(key_columns, column_name) %}

{{ scd2_before_each(model, keys, valid_from, valid_to, current) }}

select *
from before_each
where scd2_until < scd2_from
    or scd2_from < scd2_ended
    or scd2_still_open

{% endtest %}


{# Every row of a thing begins at the latest when an earlier one ends: between its first and its last moment it is always there. #}
{% test scd2_no_gap(
    model, key_columns=none, valid_from='dbt_valid_from', valid_to='dbt_valid_to', current=none, column_name=none
) %}
{%- set keys = scd2_keys(key_columns, column_name) %}

{{ scd2_before_each(model, keys, valid_from, valid_to, current) }}

select *
from before_each
where scd2_from > scd2_ended
    and not scd2_still_open

{% endtest %}
