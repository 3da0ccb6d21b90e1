{{ config(materialized='incremental', unique_key='id', group='front') }}
{{ log('compiling visits') }}
select id, name from {{ ref('stg_people') }}
