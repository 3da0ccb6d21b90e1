-- How likely someone leaves within a year, by level, age and tenure.
{{ hazard_table('termination', cap=0.60) }}
