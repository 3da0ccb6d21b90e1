{#
  Privileges on relations: read what the database has granted, compare it with the `grants`
  config of the node, and run the GRANT and REVOKE statements that close the gap.
#}


{# Does replacing a relation keep the privileges of its predecessor? Saying yes costs one more
   query, saying no wrongly leaves privileges behind that should be gone: the default is yes. #}
{% macro copy_grants() -%}
  {%- do return(adapter.dispatch('copy_grants', 'dbt')()) -%}
{%- endmacro %}

{% macro default__copy_grants() -%}
  {%- do return(true) -%}
{%- endmacro %}


{# Can one GRANT or REVOKE name several grantees at once? #}
{% macro support_multiple_grantees_per_dcl_statement() -%}
  {%- do return(adapter.dispatch('support_multiple_grantees_per_dcl_statement', 'dbt')()) -%}
{%- endmacro %}

{% macro default__support_multiple_grantees_per_dcl_statement() -%}
  {%- do return(true) -%}
{%- endmacro %}


{# Should the privileges that are in place be looked up, so that surplus ones can be revoked?
   Never for a relation that is new; always for one that stays and only takes new rows; for one
   that is replaced it depends on the database. #}
{% macro should_revoke(existing_relation, full_refresh_mode=True) -%}
  {%- if not existing_relation -%}
    {%- do return(false) -%}
  {%- endif -%}
  {%- if not full_refresh_mode -%}
    {%- do return(true) -%}
  {%- endif -%}
  {%- do return(copy_grants()) -%}
{%- endmacro %}


{% macro get_show_grant_sql(relation) -%}
  {%- do return(adapter.dispatch('get_show_grant_sql', 'dbt')(relation)) -%}
{%- endmacro %}

{% macro default__get_show_grant_sql(relation) %}
    show grants on {{ relation.render() }}
{% endmacro %}


{% macro get_grant_sql(relation, privilege, grantees) -%}
  {%- do return(adapter.dispatch('get_grant_sql', 'dbt')(relation, privilege, grantees)) -%}
{%- endmacro %}

{% macro default__get_grant_sql(relation, privilege, grantees) -%}
  grant {{ privilege }} on {{ relation.render() }} to {{ grantees | join(', ') }}
{%- endmacro %}


{% macro get_revoke_sql(relation, privilege, grantees) -%}
  {%- do return(adapter.dispatch('get_revoke_sql', 'dbt')(relation, privilege, grantees)) -%}
{%- endmacro %}

{# Unlike the grantees of a GRANT, which a user may have written with quotes, those of a REVOKE
   come from the database and need quoting here. #}
{% macro default__get_revoke_sql(relation, privilege, grantees) -%}
  {%- set names = [] -%}
  {%- for name in grantees -%}
    {%- do names.append(adapter.quote(name)) -%}
  {%- endfor -%}
  revoke {{ privilege }} on {{ relation.render() }} from {{ names | join(', ') }}
{%- endmacro %}


{# The statements for a whole grants config. `get_dcl_macro` is get_grant_sql or get_revoke_sql. #}
{% macro get_dcl_statement_list(relation, grant_config, get_dcl_macro) -%}
  {%- do return(adapter.dispatch('get_dcl_statement_list', 'dbt')(relation, grant_config, get_dcl_macro)) -%}
{%- endmacro %}

{% macro default__get_dcl_statement_list(relation, grant_config, get_dcl_macro) -%}
  {%- set all_at_once = support_multiple_grantees_per_dcl_statement() -%}
  {%- set statements = [] -%}
  {%- for privilege, grantees in grant_config.items() if grantees -%}
    {%- for group in ([grantees] if all_at_once else grantees | batch(1)) -%}
      {%- do statements.append(get_dcl_macro(relation, privilege, group)) -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- do return(statements) -%}
{%- endmacro %}


{# Runs the statements as one block; a database that takes one statement at a time overrides this. #}
{% macro call_dcl_statements(dcl_statement_list) -%}
  {%- do return(adapter.dispatch('call_dcl_statements', 'dbt')(dcl_statement_list)) -%}
{%- endmacro %}

{% macro default__call_dcl_statements(dcl_statement_list) %}
    {# Nothing is printed: this is called for what it does. #}
    {% call statement('grants') %}
        {% for dcl in dcl_statement_list %}
            {{ dcl }};
        {% endfor %}
    {% endcall %}
{% endmacro %}


{% macro apply_grants(relation, grant_config, should_revoke) -%}
  {%- do return(adapter.dispatch('apply_grants', 'dbt')(relation, grant_config, should_revoke)) -%}
{%- endmacro %}

{% macro default__apply_grants(relation, grant_config, should_revoke=True) -%}
  {%- if not grant_config -%}
    {%- do return('\n') -%}
  {%- endif -%}

  {%- set to_grant = grant_config -%}
  {%- set to_revoke = {} -%}
  {%- if should_revoke -%}
    {%- set in_place = adapter.standardize_grants_dict(run_query(get_show_grant_sql(relation))) -%}
    {%- set to_grant = diff_of_two_dicts(grant_config, in_place) -%}
    {%- set to_revoke = diff_of_two_dicts(in_place, grant_config) -%}
    {%- if not to_grant and not to_revoke -%}
      {%- do log('On ' ~ relation.render() ~ ': All grants are in place, no revocation or granting needed.') -%}
      {%- do return('') -%}
    {%- endif -%}
  {%- endif -%}

  {#- Revoke first: a privilege may be in both lists, for different grantees. -#}
  {%- set statements = get_dcl_statement_list(relation, to_revoke, get_revoke_sql)
                     + get_dcl_statement_list(relation, to_grant, get_grant_sql) -%}
  {%- if statements -%}
    {%- do call_dcl_statements(statements) -%}
  {%- endif -%}
{%- endmacro %}
