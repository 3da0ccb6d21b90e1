-- Why people leave, with the share of each reason as a range of draws.

select
    reason_code,
    reason_name,
    is_voluntary,
    {{ share_ranges('share_of_terminations', 'reason_code') }}
from {{ ref('termination_reasons') }}
