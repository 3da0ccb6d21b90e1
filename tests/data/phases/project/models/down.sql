{{ config(materialized='view') }}
[[tested_model]]select id from {{ ref('up') }}
