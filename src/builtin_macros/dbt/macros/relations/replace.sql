{#
  The statements that put a new relation in the place of an old one, by the safest way that both
  allow: replace at one stroke; build aside and swap; or, at worst, drop and create.
#}


{% macro get_replace_sql(existing_relation, target_relation, sql) %}
  {%- do log('Applying REPLACE to: ' ~ existing_relation) -%}
  {{- adapter.dispatch('get_replace_sql', 'dbt')(existing_relation, target_relation, sql) -}}
{% endmacro %}

{% macro default__get_replace_sql(existing_relation, target_relation, sql) %}

    {# One statement, if the kind stays the same. #}

    {% set in_place = existing_relation.can_be_replaced and existing_relation.type == target_relation.type %}

    {% if in_place and existing_relation.is_view %}
        {{ get_replace_view_sql(target_relation, sql) }}

    {% elif in_place and existing_relation.is_table %}
        {{ get_replace_table_sql(target_relation, sql) }}

    {% elif in_place and existing_relation.is_materialized_view %}
        {{ get_replace_materialized_view_sql(target_relation, sql) }}

    {# Not possible in one statement: build aside where that can be done. #}

    {# Both can move: the old one waits under its backup name until the new one stands. #}
    {%- elif target_relation.can_be_renamed and existing_relation.can_be_renamed -%}
        {{ get_create_intermediate_sql(target_relation, sql) }};
        {{ get_create_backup_sql(existing_relation) }};
        {{ get_rename_intermediate_sql(target_relation) }};
        {{ get_drop_backup_sql(existing_relation) }}

    {# Only the new one can move: the old one has to go before it takes the name. #}
    {%- elif target_relation.can_be_renamed -%}
        {{ get_create_intermediate_sql(target_relation, sql) }};
        {{ get_drop_sql(existing_relation) }};
        {{ get_rename_intermediate_sql(target_relation) }}

    {# Only the old one can move: it steps aside, and the new one is built in place. #}
    {%- elif existing_relation.can_be_renamed -%}
        {{ get_create_backup_sql(existing_relation) }};
        {{ get_create_sql(target_relation, sql) }};
        {{ get_drop_backup_sql(existing_relation) }}

    {# Nothing can move. #}
    {%- else -%}
        {{ get_drop_sql(existing_relation) }};
        {{ get_create_sql(target_relation, sql) }}

    {%- endif -%}

{% endmacro %}
