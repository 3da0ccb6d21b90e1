-- Age bands: from min_age up to, not including, max_age.
select
    band_order,
    age_band,
    min_age,
    max_age
from {{ ref('age_bands') }}
