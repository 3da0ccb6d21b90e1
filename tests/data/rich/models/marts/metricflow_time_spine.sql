{{ config(materialized='table') }}
select unnest(generate_series(date '2025-01-01', date '2025-01-10', interval 1 day))::date as date_day
