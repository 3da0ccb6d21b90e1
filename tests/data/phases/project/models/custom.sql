{{ config(materialized='custom') }}
select 1 as id
