-- This year's performance rating of everyone who was here when it began.

{{ config(materialized='ephemeral') }}

with drawn as (

    select
        employee_id,
        {{ rand_uniform('employee_id', 'performance') }} as draw
    from {{ ref('int_opening_workforce') }}

)

select
    drawn.employee_id,
    drawn.draw,
    ratings.rating,
    ratings.rating_name
from drawn
inner join {{ ref('stg_performance_ratings') }} as ratings
    on drawn.draw >= ratings.draw_from
    and drawn.draw < ratings.draw_to
