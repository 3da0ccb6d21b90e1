{# The strategy `merge`, on DuckDB's MERGE INTO. The short settings (`merge_update_columns` and so on) describe
   one update and one insert; `merge_clauses` spells out every WHEN clause instead. #}

{# How new rows (DBT_INTERNAL_SOURCE) are matched with old ones (DBT_INTERNAL_DEST). Without a key nothing
   matches, and every row is inserted. #}
{% macro duckdb__merge_join_clause(unique_key, merge_on_using_columns, incremental_predicates) -%}
    {%- set filters = [] if incremental_predicates is none else incremental_predicates -%}
    {%- set has_using = merge_on_using_columns and merge_on_using_columns | length > 0 -%}
    {%- set matches = [] -%}

    {%- if not has_using -%}
        {% if unique_key %}
            {% if unique_key is sequence and unique_key is not mapping and unique_key is not string %}
                {% for key in unique_key %}
                    {% do matches.append('DBT_INTERNAL_SOURCE.' ~ key ~ ' = DBT_INTERNAL_DEST.' ~ key) %}
                {% endfor %}
            {% else %}
                {% do matches.append('DBT_INTERNAL_SOURCE.' ~ unique_key ~ ' = DBT_INTERNAL_DEST.' ~ unique_key) %}
            {% endif %}
        {% else %}
            {% do matches.append('FALSE') %}
        {% endif %}
    {%- endif -%}

    {% if not has_using %}
        ON ({{ (matches + filters) | join(') AND (') }})
    {% else %}
        USING ({{ merge_on_using_columns | join(', ') }})
        {%- if filters %}
        ON ({{ filters | join(') AND (') }})
        {%- endif %}
    {% endif %}
{%- endmacro %}

{% macro duckdb__get_incremental_merge_sql(args_dict) %}
    {% set predicates = normalize_incremental_predicates(args_dict.get('incremental_predicates')) %}
    {% do return(duckdb__get_merge_sql(
        args_dict['target_relation'],
        args_dict['temp_relation'],
        args_dict['unique_key'],
        args_dict['dest_columns'],
        predicates
    )) %}
{% endmacro %}

{% macro duckdb__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
    {%- set predicates = normalize_incremental_predicates(incremental_predicates) -%}

    {%- do validate_merge_config(config, target) -%}

    {%- set header = config.get('sql_header', none) -%}
    {%- set returning = config.get('merge_returning_columns', []) -%}
    {%- set only_columns = config.get('merge_update_columns', []) -%}
    {%- set except_columns = config.get('merge_exclude_columns', []) -%}
    {%- set expressions = config.get('merge_update_set_expressions', {}) -%}

    {#- Naming columns or expressions asks for an explicit update; otherwise columns are matched by name. -#}
    {%- set defaults = merge_clause_defaults(
        config.get('merge_update_condition', none),
        config.get('merge_insert_condition', none),
        only_columns,
        except_columns,
        expressions
    ) -%}
    {%- set is_explicit = only_columns | length + except_columns | length + expressions | length > 0 -%}
    {%- set default_update = defaults.when_matched_update_explicit if is_explicit else defaults.when_matched_update_by_name -%}

    {%- set clauses = config.get('merge_clauses', {}) -%}
    {%- set matched_clauses = clauses.get('when_matched', [default_update]) -%}
    {%- set unmatched_clauses = clauses.get('when_not_matched', [defaults.when_not_matched_insert_by_name]) -%}

    {{ header if header is not none }}

    MERGE INTO {{ target }} AS DBT_INTERNAL_DEST
        USING {{ source }} AS DBT_INTERNAL_SOURCE
        {{ duckdb__merge_join_clause(unique_key, config.get('merge_on_using_columns', []), predicates) }}

    {%- for clause in matched_clauses %}
    WHEN MATCHED
        {%- set action = clause.get('action') -%}
        {%- set condition = clause.get('condition') -%}
        {%- if condition %} AND {{ condition if condition is string else '(' ~ condition | join(') AND (') ~ ')' }}
        {%- endif %}
    THEN
        {% if action == 'update' -%}
            {%- set mode = clause.get('mode') -%}
            {%- if mode == 'explicit' -%}
                {%- set update = clause.get('update', {}) -%}
                {%- set columns = get_merge_update_columns(
                    update.get('include', []), update.get('exclude', []), dest_columns
                ) -%}

                {#- An expression for a column, named without quotes, takes the place of the new row's value. -#}
                {%- set assignments = [] -%}
                {%- for column, expression in update.get('set_expressions', {}).items() -%}
                    {%- do assignments.append(column ~ ' = ' ~ expression) -%}
                {%- endfor -%}
                {%- for column in columns -%}
                    {%- if column.replace('"', '').replace("'", '') not in update.get('set_expressions', {}) -%}
                        {%- do assignments.append(column ~ ' = DBT_INTERNAL_SOURCE.' ~ column) -%}
                    {%- endif -%}
                {%- endfor -%}

            UPDATE SET
                {{ assignments | join(', ') }}
            {%- else -%}
            {{ {'by_name': 'UPDATE BY NAME', 'by_position': 'UPDATE BY POSITION', 'star': 'UPDATE SET *'}.get(mode, '') }}
            {%- endif -%}

        {%- elif action == 'delete' %}
            DELETE
        {%- elif action == 'do_nothing' %}
            DO NOTHING
        {%- elif action == 'error' -%}
            {%- set message = clause.get('error_message', '') or '' -%}
            ERROR{{ " '" ~ message | replace("'", "''") ~ "'" if message }}
        {%- endif %}
    {%- endfor %}

    {%- for clause in unmatched_clauses %}
    WHEN NOT MATCHED
        {% if clause.get('by') %}BY {{ clause.get('by') | upper }} {% endif %}
        {%- set action = clause.get('action') -%}
        {%- set condition = clause.get('condition') -%}
        {%- if condition %} AND {{ condition if condition is string else '(' ~ condition | join(') AND (') ~ ')' }}
        {%- endif %}
    THEN
        {% if action == 'update' -%}
            {%- set assignments = [] -%}
            {%- for column, expression in clause.get('set_expressions', {}).items() -%}
                {%- do assignments.append(column ~ ' = ' ~ expression) -%}
            {%- endfor -%}

            UPDATE SET
            {{ assignments | join(', ') }}

        {%- elif action == 'insert' -%}
            {%- set mode = clause.get('mode') -%}
            {%- if mode == 'explicit' -%}
            {%- set insert = clause.get('insert', {}) -%}
            INSERT
                ({{ insert.get('columns', []) | join(', ') }})
                VALUES ({{ insert.get('values', []) | join(', ') }})
            {%- else -%}
            {{ {'by_name': 'INSERT BY NAME', 'by_position': 'INSERT BY POSITION', 'star': 'INSERT *'}.get(mode, '') }}
            {%- endif -%}
        {%- elif action == 'delete' %}
            DELETE
        {%- elif action == 'do_nothing' %}
            DO NOTHING
        {%- elif action == 'error' -%}
            {%- set message = clause.get('error_message', '') or '' -%}
            ERROR{{ " '" ~ message | replace("'", "''") ~ "'" if message }}
        {%- endif %}
    {%- endfor %}

    {%- if returning %}
    RETURNING {{ returning if returning is string else returning | join(', ') }}
    {%- endif %}
{% endmacro %}
