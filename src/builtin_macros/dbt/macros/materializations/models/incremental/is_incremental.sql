{#
  True while a model adds to its table: it is incremental, the table is there, and no full refresh
  is asked for. False while the project is being parsed, when no database may be asked.
#}
{% macro is_incremental() -%}
  {%- if not execute -%}
    {%- do return(false) -%}
  {%- endif -%}
  {%- set existing = adapter.get_relation(this.database, this.schema, this.table) -%}
  {%- do return(existing is not none
                and existing.type == 'table'
                and model.config.materialized == 'incremental'
                and not should_full_refresh()) -%}
{%- endmacro %}
