select max(id) as best from {{ ref('report') }}
