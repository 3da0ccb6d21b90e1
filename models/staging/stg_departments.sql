-- Departments, with their share of hires as a range of draws.

select
    department_code,
    department_name,
    {{ share_ranges('share_of_hires', 'department_code') }}
from {{ ref('departments') }}
