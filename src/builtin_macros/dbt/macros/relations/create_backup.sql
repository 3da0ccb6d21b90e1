{# The statements that put a relation aside under its backup name. #}


{% macro get_create_backup_sql(relation) -%}
  {%- do log('Applying CREATE BACKUP to: ' ~ relation) -%}
  {{- adapter.dispatch('get_create_backup_sql', 'dbt')(relation) -}}
{%- endmacro %}

{% macro default__get_create_backup_sql(relation) -%}

    -- get the standard backup name
    {% set put_aside = make_backup_relation(relation, relation.type) %}

    -- drop any pre-existing backup
    {{ get_drop_sql(put_aside) }};

    {{ get_rename_sql(relation, put_aside.identifier) }}

{%- endmacro %}
