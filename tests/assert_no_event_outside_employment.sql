-- Nothing happens to people before they join or on or after the day they leave.
select
    events.event_id,
    events.employee_id,
    events.event_type,
    events.effective_date,
    snapshots.hire_date,
    snapshots.termination_date
from {{ ref('fct_yearly_events') }} as events
left join {{ ref('fct_workforce_snapshot') }} as snapshots
    on events.employee_id = snapshots.employee_id
    and events.simulation_year = snapshots.simulation_year
where snapshots.employee_id is null
    or events.effective_date < snapshots.hire_date
    or (events.event_type <> 'TERMINATION' and events.effective_date >= snapshots.termination_date)
