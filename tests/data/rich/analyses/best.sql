select * from {{ ref('report') }} order by amount desc limit {{ var('limit', 3) }}
