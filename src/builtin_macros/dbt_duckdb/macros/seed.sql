{# How the rows of a seed reach its table. #}

{% macro duckdb__get_binding_char() %}
    {% do return(adapter.get_binding_char()) %}
{% endmacro %}

{% macro duckdb__get_batch_size() %}
    {% do return(10000) %}
{% endmacro %}

{# DuckDB reads the file itself, unless the seed says `fast: false`: then its rows are inserted in batches,
   as values bound to the statement. Returns the SQL to show in target/run, the first batch's standing for
   all of them. #}
{% macro duckdb__load_csv_rows(model, agate_table) %}
    {% if config.get('fast', true) %}
        {% set copy_sql %}
          COPY {{ this.render() }} FROM '{{ adapter.get_seed_file_path(model) }}' (FORMAT CSV, HEADER TRUE, DELIMITER '{{ config.get('delimiter', ',') }}')
        {% endset %}
        {% do adapter.add_query(copy_sql, abridge_sql_log=True) %}
        {% do return(copy_sql) %}
    {% endif %}

    {% set table = adapter.convert_datetimes_to_strs(agate_table) %}
    {% set batch_size = get_batch_size() %}
    {% set columns_csv = get_seed_column_quoted_csv(model, table.column_names) %}
    {% set shown = [] %}

    {% for rows in table.rows | batch(batch_size) %}
        {% set values = [] %}
        {% for row in rows %}
            {% do values.extend(row) %}
        {% endfor %}

        {% set insert_sql %}
            insert into {{ this.render() }} ({{ columns_csv }}) values
            {% for row in rows -%}
                ({%- for column in table.column_names -%}
                    {{ get_binding_char() }}
                    {{- ',' if not loop.last }}
                {%- endfor -%})
                {{- ',' if not loop.last }}
            {%- endfor %}
        {% endset %}
        {% do adapter.add_query(insert_sql, bindings=values, abridge_sql_log=True) %}
        {% if loop.first %}
            {% do shown.append(insert_sql) %}
        {% endif %}
    {% endfor %}

    {% do return(shown[0]) %}
{% endmacro %}
