-- Departments as reports show them.

select
    department_code,
    department_name
from {{ ref('stg_departments') }}
