{# The statement that drops what stands under a relation's backup name. #}


{% macro get_drop_backup_sql(relation) -%}
  {%- do log('Applying DROP BACKUP to: ' ~ relation) -%}
  {{- adapter.dispatch('get_drop_backup_sql', 'dbt')(relation) -}}
{%- endmacro %}

{% macro default__get_drop_backup_sql(relation) -%}

    -- get the standard backup name
    {% set put_aside = make_backup_relation(relation, relation.type) %}

    {{ get_drop_sql(put_aside) }}

{%- endmacro %}
