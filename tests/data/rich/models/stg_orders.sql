{{ config(materialized='view', meta={'layer': 'staging'}) }}
-- depends_on: {{ ref('raw_orders') }}
select order_id, customer_id, amount, status, ordered_at::timestamp as ordered_at
from {{ source('shop', 'orders') }}
where ordered_at >= '{{ var("cutoff") }}'
