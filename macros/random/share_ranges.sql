{#
    Turns shares (which add up to about one) into half-open ranges of [0, 1):
    a uniform draw then falls into exactly one row. The last range ends at one
    whatever rounding did to the sum.
#}
{% macro share_ranges(share, order_by) -%}
    case
        when row_number() over (order by {{ order_by }}) = 1 then 0.0
        else round(cast(
            sum({{ share }}) over (order by {{ order_by }} rows unbounded preceding) - {{ share }}
        as double), 6)
    end as draw_from,
    case
        when row_number() over (order by {{ order_by }}) = count(*) over () then 1.0
        else round(cast(sum({{ share }}) over (order by {{ order_by }} rows unbounded preceding) as double), 6)
    end as draw_to
{%- endmacro %}
