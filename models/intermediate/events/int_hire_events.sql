-- Everyone who joins this year.
{{ hire_event(ref('int_new_hires')) }}
