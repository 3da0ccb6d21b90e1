-- How likely a promotion is within a year, by level, age and tenure.
{{ hazard_table('promotion', cap=0.50) }}
