{# Checks of one setting. A setting that is none passes; mistakes are appended to `errors`. #}

{% macro validate_string_field(field_value, field_name, errors) -%}
  {%- if field_value is not none and field_value is not string -%}
    {%- do errors.append(field_name ~ ' must be a string, found: ' ~ field_value) -%}
  {%- endif -%}
{%- endmacro %}

{% macro validate_string_list_field(field_value, field_name, errors) -%}
  {%- if field_value is string or field_value is mapping -%}
    {%- do errors.append(field_name ~ ' must be a list') -%}
  {%- elif field_value is sequence -%}
    {%- for item in field_value if item is not string -%}
      {%- do errors.append(field_name ~ ' must contain only string values, found: ' ~ item) -%}
    {%- endfor -%}
  {%- elif field_value is not none -%}
    {%- do errors.append(field_name ~ ' must be a list') -%}
  {%- endif -%}
{%- endmacro %}

{% macro validate_dict_field(field_value, field_name, errors) -%}
  {%- if field_value is not none and field_value is not mapping -%}
    {%- do errors.append(field_name ~ ' must be a dictionary, found: ' ~ field_value) -%}
  {%- endif -%}
{%- endmacro %}

{% macro normalize_incremental_predicates(incremental_predicates) %}
    {% do return(normalize_string_or_list(incremental_predicates, 'incremental_predicates')) %}
{% endmacro %}
