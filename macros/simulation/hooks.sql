{#
    Runs before a build: a year other than the first needs the state of the
    year before. Stopping here, before anything is written, beats a simulation
    that silently starts from nobody.
#}
{% macro require_previous_year() -%}
    {%- if execute and flags.WHICH in ['run', 'build'] and not is_first_year() -%}
        {%- set previous = simulation_year() - 1 -%}
        {%- if flags.FULL_REFRESH -%}
            {{ exceptions.raise_compiler_error(
                "A full refresh of " ~ simulation_year() ~ " would drop the years before it. "
                ~ "Start again with simulation_year " ~ var('start_year') ~ ", or leave --full-refresh out."
            ) }}
        {%- endif -%}
        {%- set state = adapter.get_relation(
            database=target.database, schema=target.schema, identifier='int_employee_state_by_year'
        ) -%}
        {%- set known = 0 -%}
        {%- if state is not none -%}
            {%- set result = run_query(
                "select count(*) from " ~ state ~ " where simulation_year = " ~ previous
            ) -%}
            {%- set known = result.columns[0].values()[0] -%}
        {%- endif -%}
        {%- if known == 0 -%}
            {{ exceptions.raise_compiler_error(
                "Simulating " ~ simulation_year() ~ " needs the state at the end of " ~ previous
                ~ ". Build simulation_year " ~ previous ~ " first."
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{# Runs after a build: one line that says what the year brought. #}
{% macro log_simulation_summary() -%}
    {%- if execute and flags.WHICH in ['run', 'build'] -%}
        {%- set events = adapter.get_relation(
            database=target.database, schema=target.schema, identifier='fct_yearly_events'
        ) -%}
        {%- if events is not none -%}
            {%- set counts = run_query(
                "select event_type, count(*) from " ~ events
                ~ " where simulation_year = " ~ simulation_year()
                ~ " group by event_type order by event_type"
            ) -%}
            {%- set parts = [] -%}
            {%- for row in counts.rows -%}
                {%- do parts.append(row[0] ~ " " ~ row[1]) -%}
            {%- endfor -%}
            {%- do log("Simulated " ~ simulation_year() ~ ": " ~ (parts | join(", ") or "no events"), info=true) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#
    Forgets every simulated year, so that the next run starts from the census:
    `rdbt run-operation reset_simulation`.
#}
{% macro reset_simulation() -%}
    {%- for node in [
        ref('scd_workforce_state'),
        ref('fct_contributions'),
        ref('fct_workforce_snapshot'),
        ref('fct_yearly_events'),
        ref('int_employee_state_by_year')
    ] -%}
        {%- set relation = load_relation(node) -%}
        {%- if relation is not none -%}
            {%- do adapter.drop_relation(relation) -%}
            {%- do log("Dropped " ~ relation, info=true) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
