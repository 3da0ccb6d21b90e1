{{ config(materialized='table', tags=['x'], meta={'owner': 'me'}) }}
select 1 as id, 'a' as name
