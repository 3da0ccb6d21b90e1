select order_id::integer as order_id, customer_id::integer as customer_id, amount::decimal(10,2) as amount, ordered_at
from {{ ref('eph_paid') }}
