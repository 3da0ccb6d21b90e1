-- The employees that the simulation starts from: the census, or the development subset of it.

select *
from {{ ref('stg_census_employees') }}
where {{ dev_subset_filter('employee_id') }}
{{ dev_subset_limit('employee_id') }}
