/*
    A model is one select statement; rdbt makes a table or a view of it.

    The line below asks for a table, although dbt_project.yml asks for views in
    this folder: what a model says about itself wins.
*/

{{ config(materialized='table') }}

with source_data as (

    select 1 as id
    union all
    select null as id

)

select *
from source_data

/*
    The row without an id makes the not_null test fail. Take the two dashes away
    to leave it out.
*/

-- where id is not null
