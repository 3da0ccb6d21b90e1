select count(*) as number from {{ ref('report') }}
