{#
  New rows into an existing table: by MERGE, by DELETE and INSERT, or by overwriting all of it.
#}


{% macro get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
   -- back compat for old kwarg name
  {% set conditions = kwargs.get('predicates', incremental_predicates) %}
  {{ adapter.dispatch('get_merge_sql', 'dbt')(target, source, unique_key, dest_columns, conditions) }}
{%- endmacro %}


{# When are two key values the same? Nulls make this a question. #}
{% macro get_merge_unique_key_match(source_unique_key, target_unique_key) -%}
  {%- do return(adapter.dispatch('get_merge_unique_key_match', 'dbt')(source_unique_key, target_unique_key)) -%}
{%- endmacro %}

{% macro default__get_merge_unique_key_match(source_unique_key, target_unique_key) -%}
  {%- do return(equals(source_unique_key, target_unique_key) | trim) -%}
{%- endmacro %}


{# Without a key nothing matches, and every row is inserted. #}
{% macro default__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
    {%- set several_parts = unique_key is sequence and unique_key is not string and unique_key is not mapping -%}
    {%- set conditions = [] if incremental_predicates is none else [] + incremental_predicates -%}
    {%- set names = get_quoted_csv(dest_columns | map(attribute="name")) -%}
    {%- set updated = get_merge_update_columns(config.get('merge_update_columns'), config.get('merge_exclude_columns'), dest_columns) -%}
    {%- set header = config.get('sql_header', none) -%}

    {% if unique_key %}
        {% if several_parts %}
            {% for part in unique_key %}
                {% set same_part %}
                    DBT_INTERNAL_SOURCE.{{ part }} = DBT_INTERNAL_DEST.{{ part }}
                {% endset %}
                {% do conditions.append(same_part) %}
            {% endfor %}
        {% else %}
            {% set new_key = ("DBT_INTERNAL_SOURCE." ~ unique_key) | trim %}
            {% set old_key = ("DBT_INTERNAL_DEST." ~ unique_key) | trim %}
            {% set same_key = get_merge_unique_key_match(new_key, old_key) %}
            {% do conditions.append(same_key) %}
        {% endif %}
    {% else %}
        {% do conditions.append('FALSE') %}
    {% endif %}

    {{ header if header is not none }}

    merge into {{ target }} as DBT_INTERNAL_DEST
        using {{ source }} as DBT_INTERNAL_SOURCE
        on ({{ conditions | join(") and (") }})

    {% if unique_key %}
    when matched then update set
        {% for column in updated -%}
            {{ column }} = DBT_INTERNAL_SOURCE.{{ column }}
            {{- ',' if not loop.last }}
        {%- endfor %}
    {% endif %}

    when not matched then insert
        ({{ names }})
    values
        ({{ names }})

{% endmacro %}


{% macro get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) -%}
  {{- adapter.dispatch('get_delete_insert_merge_sql', 'dbt')(target, source, unique_key, dest_columns, incremental_predicates) -}}
{%- endmacro %}

{% macro default__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) -%}

    {%- set names = get_quoted_csv(dest_columns | map(attribute="name")) -%}

    {% if unique_key %}
        {% if unique_key is string %}
        {% set unique_key = [unique_key] %}
        {% endif %}
        {%- set key = unique_key | join(', ') -%}

        delete from {{ target }} as DBT_INTERNAL_DEST
        where ({{ key }}) in (
            select distinct {{ key }}
            from {{ source }} as DBT_INTERNAL_SOURCE
        )
        {%- if incremental_predicates %}
            {% for predicate in incremental_predicates %}
                and {{ predicate }}
            {% endfor %}
        {%- endif -%};

    {% endif %}

    insert into {{ target }} ({{ names }})
    (
        select {{ names }}
        from {{ source }}
    )

{%- endmacro %}


{# The SQL header is asked for only where the statement runs on its own, ahead of the model's. #}
{% macro get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header=false) -%}
  {{- adapter.dispatch('get_insert_overwrite_merge_sql', 'dbt')(target, source, dest_columns, predicates, include_sql_header) -}}
{%- endmacro %}

{% macro default__get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header) -%}
    {%- set names = get_quoted_csv(dest_columns | map(attribute="name")) -%}
    {%- set header = config.get('sql_header', none) -%}

    {{ header if include_sql_header and header is not none }}

    merge into {{ target }} as DBT_INTERNAL_DEST
        using {{ source }} as DBT_INTERNAL_SOURCE
        on FALSE

    when not matched by source
        {% if predicates %} and {{ predicates | join(' and ') }} {% endif %}
        then delete

    when not matched then insert
        ({{ names }})
    values
        ({{ names }})

{% endmacro %}
