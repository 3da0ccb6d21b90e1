-- ref() names another model. It becomes that model's relation, and tells rdbt to
-- build that one first.

select *
from {{ ref('my_first_dbt_model') }}
where id = 1
