select * from {{ ref('customers') }} join {{ ref('orders') }} using (customer_id)
