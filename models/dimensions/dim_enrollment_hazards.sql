-- How likely someone outside the plan joins it within a year, by level, age and tenure.
{{ hazard_table('enrollment', cap=0.90) }}
