{#
  Pieces of CREATE FUNCTION for scalar functions. Each piece is dispatched on its own, so that an
  adapter overrides only what its database spells differently.
#}


{% macro scalar_function_sql(target_relation) -%}
  {%- do return(adapter.dispatch('scalar_function_sql', 'dbt')(target_relation)) -%}
{%- endmacro %}

{% macro default__scalar_function_sql(target_relation) %}
    {{ scalar_function_create_replace_signature_sql(target_relation) }}
    {{ scalar_function_body_sql() }};
{% endmacro %}


{% macro scalar_function_create_replace_signature_sql(target_relation) -%}
  {%- do return(adapter.dispatch('scalar_function_create_replace_signature_sql', 'dbt')(target_relation)) -%}
{%- endmacro %}

{% macro default__scalar_function_create_replace_signature_sql(target_relation) %}
    CREATE OR REPLACE FUNCTION {{ target_relation.render() }} ({{ formatted_scalar_function_args_sql() }})
    RETURNS {{ model.returns.data_type }}
    {{ scalar_function_volatility_sql() }}
    AS
{% endmacro %}


{% macro formatted_scalar_function_args_sql() -%}
  {%- do return(adapter.dispatch('formatted_scalar_function_args_sql', 'dbt')()) -%}
{%- endmacro %}

{% macro default__formatted_scalar_function_args_sql() %}
    {% set declared = [] %}
    {% for argument in model.arguments -%}
      {%- do declared.append(argument.name ~ ' ' ~ argument.data_type) -%}
    {%- endfor %}
    {{ declared | join(', ') }}
{% endmacro %}


{% macro formatted_scalar_function_args_javascript() -%}
  {%- do return(adapter.dispatch('formatted_scalar_function_args_javascript', 'dbt')()) -%}
{%- endmacro %}

{% macro default__formatted_scalar_function_args_javascript() -%}
  {%- do exceptions.raise_compiler_error("formatted_scalar_function_args_javascript not implemented for adapter " ~ adapter.type()) -%}
{%- endmacro %}


{% macro scalar_function_body_sql() -%}
  {%- do return(adapter.dispatch('scalar_function_body_sql', 'dbt')()) -%}
{%- endmacro %}

{% macro default__scalar_function_body_sql() %}
    $$
       {{ model.compiled_code }}
    $$ LANGUAGE SQL
{% endmacro %}


{% macro scalar_function_volatility_sql() -%}
  {%- do return(adapter.dispatch('scalar_function_volatility_sql', 'dbt')()) -%}
{%- endmacro %}

{% macro default__scalar_function_volatility_sql() %}
    {% set volatility = model.config.get('volatility') %}
    {% if volatility == 'deterministic' %}
        IMMUTABLE
    {% elif volatility == 'stable' %}
        STABLE
    {% elif volatility == 'non-deterministic' %}
        VOLATILE
    {% elif volatility != none %}
        {# Out of reach while the three above are all that the config accepts. #}
        {% do unsupported_volatility_warning(volatility) %}
    {% endif %}
    {# Nothing configured means nothing said: the database has a default of its own. #}
{% endmacro %}


{% macro scalar_function_volatility_javascript() -%}
  {%- do return(adapter.dispatch('scalar_function_volatility_javascript', 'dbt')()) -%}
{%- endmacro %}

{% macro default__scalar_function_volatility_javascript() %}
    {% set volatility = model.config.get('volatility') %}
    {% if volatility != none %}
        {% do exceptions.warn("Volatility is not supported by " ~ adapter.type() ~ " in javascript UDF and will be ignored") %}
    {% endif %}
{% endmacro %}


{% macro unsupported_volatility_warning(volatility) -%}
  {%- do return(adapter.dispatch('unsupported_volatility_warning', 'dbt')(volatility)) -%}
{%- endmacro %}

{% macro default__unsupported_volatility_warning(volatility) %}
    {% set complaint = "Found `" ~ volatility ~ "` volatility specified on function `" ~ model.name ~ "`. This volatility is not supported by " ~ adapter.type() ~ ", and will be ignored" %}
    {% do exceptions.warn(complaint) %}
{% endmacro %}
