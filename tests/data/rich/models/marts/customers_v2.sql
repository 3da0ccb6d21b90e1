select customer_id, name, {{ function('shout') }}(name) as loud from {{ ref('raw_customers') }}
