-- The merit raise before performance is weighed in, by level, age and tenure.
{{ hazard_table('merit', cap=0.08) }}
