[[singular]]select 1 from {{ ref('up') }} where false
