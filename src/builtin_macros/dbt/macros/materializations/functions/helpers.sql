{# Creates a function, and then its privileges and its description. #}


{% macro function_execute_build_sql(build_sql, existing_relation, target_relation) -%}
  {%- do return(adapter.dispatch('function_execute_build_sql', 'dbt')(build_sql, existing_relation, target_relation)) -%}
{%- endmacro %}

{% macro default__function_execute_build_sql(build_sql, existing_relation, target_relation) -%}
    {% call statement(name="main") %}
        {{ build_sql }}
    {% endcall %}

    {%- set check_privileges = should_revoke(existing_relation, full_refresh_mode=True) -%}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke=check_privileges) -%}
    {%- do persist_docs(target_relation, model) -%}
    {%- do adapter.commit() -%}
{%- endmacro %}
