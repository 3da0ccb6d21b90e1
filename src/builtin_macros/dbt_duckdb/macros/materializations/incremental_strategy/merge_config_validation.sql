{# Checks of a model's merge settings. Each check appends what it finds to `errors`, so that one message can
   name every mistake. #}

{% macro validate_merge_config(config, target_relation=none) %}
  {%- set errors = [] -%}

  {%- set setting_types = {
    'merge_update_condition': 'string',
    'merge_insert_condition': 'string',
    'merge_on_using_columns': 'sequence',
    'merge_update_columns': 'sequence',
    'merge_update_set_expressions': 'mapping',
    'merge_exclude_columns': 'sequence',
    'merge_returning_columns': 'sequence'
  } -%}
  {%- for setting, type in setting_types.items() -%}
    {%- if type == 'string' -%}
      {%- do validate_string_field(config.get(setting), setting, errors) -%}
    {%- elif type == 'sequence' -%}
      {%- do validate_string_list_field(config.get(setting), setting, errors) -%}
    {%- else -%}
      {%- do validate_dict_field(config.get(setting), setting, errors) -%}
    {%- endif -%}
  {%- endfor -%}

  {%- do validate_merge_clauses(config, setting_types, errors) -%}

  {#- This check reads the clauses, and can do so only if they have the right shape. -#}
  {%- if not errors -%}
    {%- do validate_ducklake_restrictions(config, target_relation, errors) -%}
  {%- endif -%}

  {%- if errors -%}
    {%- do exceptions.raise_compiler_error('MERGE configuration errors:\n' ~ errors | join('\n')) -%}
  {%- endif -%}
{% endmacro %}


{# `base_configuration_fields` maps each short setting to its type. #}
{% macro validate_merge_clauses(config, base_configuration_fields, errors) -%}
  {%- set clauses = config.get('merge_clauses') -%}

  {#- The clauses replace all short settings except these two, which have no place in a clause. An empty list
      or mapping counts as not set. -#}
  {%- set ignored = [] -%}
  {%- if clauses is mapping -%}
    {%- for setting, type in base_configuration_fields.items() -%}
      {%- set value = config.get(setting) -%}
      {%- if value is not none and setting not in ['merge_on_using_columns', 'merge_returning_columns'] -%}
        {%- if type not in ['sequence', 'mapping'] or value | length > 0 -%}
          {%- do ignored.append(setting) -%}
        {%- endif -%}
      {%- endif -%}
    {%- endfor -%}

    {%- if 'when_matched' not in clauses and 'when_not_matched' not in clauses -%}
      {%- do errors.append("merge_clauses must contain at least one of 'when_matched' or 'when_not_matched' keys") -%}
    {%- endif -%}
    {%- for clause_type in ['when_matched', 'when_not_matched'] if clause_type in clauses -%}
      {%- do validate_merge_clause_list(clauses, clause_type, errors) -%}
    {%- endfor -%}
  {%- elif clauses is not none -%}
    {%- do errors.append('merge_clauses must be a dictionary, found: ' ~ clauses) -%}
  {%- endif -%}

  {%- if ignored -%}
    {%- do errors.append(
      'When merge_clauses is specified, the following basic merge configurations will be ignored and should be '
      ~ 'removed: ' ~ ignored | join(', ') ~ '. Define your merge behavior within merge_clauses instead.'
    ) -%}
  {%- endif -%}
{%- endmacro %}

{% macro validate_merge_clause_list(merge_clauses, clause_type, errors) -%}
  {%- set setting = 'merge_clauses.' ~ clause_type -%}
  {%- set clauses = merge_clauses.get(clause_type) -%}
  {%- if clauses is string or clauses is mapping or clauses is not sequence -%}
    {%- do errors.append(setting ~ ' must be a list') -%}
  {%- elif clauses | length == 0 -%}
    {%- do errors.append(setting ~ ' must contain at least one element') -%}
  {%- else -%}
    {%- for clause in clauses if clause is not mapping -%}
      {%- do errors.append(setting ~ ' elements must be dictionaries, found: ' ~ clause) -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}

{# DuckLake's MERGE returns no rows, and updates or deletes in one clause only. #}
{% macro validate_ducklake_restrictions(config, target_relation, errors) %}
  {% if not target_relation or not adapter.is_ducklake(target_relation) %}
    {% do return(none) %}
  {% endif %}

  {% if config.get('merge_returning_columns') %}
    {% do errors.append(
      'DuckLake MERGE restrictions: merge_returning_columns is not supported because DuckLake does not support RETURNING.'
    ) %}
  {% endif %}

  {% set clauses = config.get('merge_clauses') or {} %}
  {% set all_clauses = clauses.get('when_matched', []) + clauses.get('when_not_matched', []) %}
  {% set changing = all_clauses | selectattr('action', 'defined') | selectattr('action', 'in', ['update', 'delete']) | list %}
  {% if changing | length > 1 %}
    {% do errors.append(
      'DuckLake MERGE restrictions: merge_clauses can contain only a single UPDATE or DELETE action across '
      ~ 'when_matched and when_not_matched. Found ' ~ changing | length ~ ' UPDATE/DELETE actions. DuckLake '
      ~ 'currently supports only one UPDATE or DELETE operation per MERGE statement.'
    ) %}
  {% endif %}
{% endmacro %}
