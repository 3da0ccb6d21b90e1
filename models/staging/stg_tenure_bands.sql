-- Tenure bands: from min_years up to, not including, max_years.
select
    band_order,
    tenure_band,
    min_years,
    max_years
from {{ ref('tenure_bands') }}
