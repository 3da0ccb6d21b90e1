{{ config(severity='error', limit=5, meta={'why': 'policy'}) }}
select * from {{ ref('orders') }} where amount = 0
