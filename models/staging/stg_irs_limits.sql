-- Limits on retirement plan contributions by year.
select
    limit_year,
    elective_deferral_limit,
    catch_up_limit,
    super_catch_up_limit,
    compensation_limit,
    is_projected
from {{ ref('irs_limits') }}
