{{ config(error_if='>' ~ var('allowed', 5), store_failures=true) }}
select * from {{ ref('people') }}
