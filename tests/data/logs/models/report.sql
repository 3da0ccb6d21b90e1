{{ config(materialized='table') }}
select id, {{ var('column', 'id + 1') }} as other from {{ ref('hidden') }}
