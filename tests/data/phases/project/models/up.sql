{{ config(materialized='table') }}
[[model]]select 1 as id
