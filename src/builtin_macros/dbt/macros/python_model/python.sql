{# The Python code appended to a Python model: `dbt.ref`, `dbt.source`, `dbt.config` and `dbt.this` as the
   model's function sees them. Names are resolved while rendering, so the code that runs needs no manifest.
   The text outside tags is what lands in target/compiled and target/run. #}

{% macro resolve_model_name(input_model_name) %}
    {% do return(adapter.dispatch('resolve_model_name', 'dbt')(input_model_name)) %}
{% endmacro %}

{% macro default__resolve_model_name(input_model_name) -%}
    {{ input_model_name }}
{%- endmacro %}

{% macro build_ref_function(model) %}
    {%- set relations = {} -%}
    {%- for dependency in model.refs -%}
        {%- set package = dependency.get('package') -%}
        {%- set version = dependency.get('version') -%}
        {%- set address = [package, dependency['name']] if package else [dependency['name']] -%}
        {%- set relation = ref(*address, v=version) -%}

        {#- render() leaves out the filters of --empty and --sample, which have no place in a table name.
            A project's own ref macro may hand out plain strings, which have no such method. -#}
        {%- if relation.render is defined and relation.render is callable -%}
            {%- set relation = relation.render() -%}
        {%- endif -%}

        {%- if version -%}
            {%- do address.append('v' ~ version) -%}
        {%- endif -%}
        {%- do relations.update({address | join('.'): resolve_model_name(relation)}) -%}
    {%- endfor -%}

def ref(*args, **kwargs):
    refs = {{ relations | tojson }}
    key = '.'.join(args)
    version = kwargs.get("v") or kwargs.get("version")
    if version:
        key += f".v{version}"
    dbt_load_df_function = kwargs.get("dbt_load_df_function")
    return dbt_load_df_function(refs[key])

{% endmacro %}

{% macro build_source_function(model) %}
    {%- set relations = {} -%}
    {%- for address in model.sources -%}
        {%- do relations.update({address | join('.'): resolve_model_name(source(*address))}) -%}
    {%- endfor -%}

def source(*args, dbt_load_df_function):
    sources = {{ relations | tojson }}
    key = '.'.join(args)
    return dbt_load_df_function(sources[key])

{% endmacro %}

{# The parser notes which keys the model's code asks `dbt.config` for, with their defaults; only those are
   written out. Keys of `meta` stay apart, where they cannot hide a configuration of the same name. #}
{% macro build_config_dict(model) %}
    {%- set config_values = {} -%}
    {%- for key, default in zip(model.config.config_keys_used, model.config.config_keys_defaults) -%}
        {%- do config_values.update({key: model.config.get(key, default)}) -%}
    {%- endfor -%}

    {%- set meta_values = {} -%}
    {%- if model.config.meta_keys_used -%}
        {%- set meta = model.config.meta or {} -%}
        {%- for key, default in zip(model.config.meta_keys_used, model.config.meta_keys_defaults) -%}
            {%- do meta_values.update({key: meta[key] if key in meta else default}) -%}
        {%- endfor -%}
    {%- endif -%}
config_dict = {{ config_values }}
meta_dict = {{ meta_values }}
{% endmacro %}

{% macro py_script_postfix(model) %}
# This part is user provided model code
# you will need to copy the next section to run the code
# COMMAND ----------
# this part is dbt logic for get ref work, do not modify

{{ build_ref_function(model) }}
{{ build_source_function(model) }}
{{ build_config_dict(model) }}

class config:
    def __init__(self, *args, **kwargs):
        pass

    @staticmethod
    def get(key, default=None):
        return config_dict.get(key, default)

    @staticmethod
    def meta_get(key, default=None):
        return meta_dict.get(key, default)

class this:
    """dbt.this() or dbt.this.identifier"""
    database = "{{ this.database }}"
    schema = "{{ this.schema }}"
    identifier = "{{ this.identifier }}"
    {# The string that the model sees when it prints dbt.this. #}
    def __repr__(self):
        return '{{ resolve_model_name(this) }}'


class dbtObj:
    def __init__(self, load_df_function) -> None:
        self.source = lambda *args: source(*args, dbt_load_df_function=load_df_function)
        self.ref = lambda *args, **kwargs: ref(*args, **kwargs, dbt_load_df_function=load_df_function)
        self.config = config
        self.this = this()
        self.is_incremental = {{ is_incremental() }}

# COMMAND ----------
{{ py_script_comment() }}
{% endmacro %}

{# Nothing by default: adapters and projects override it to say how the compiled code is run. #}
{% macro py_script_comment() %}
{% endmacro %}
