{# A model as a file, or a folder of files, with a view over it in the database. The rows go through an
   intermediate table. A file without rows would not tell its columns' types to the next reader, so an empty
   model is written as one row of nulls, which the view leaves out. #}

{% materialization external, adapter='duckdb', supported_languages=['sql', 'python'] %}

  {% set language = model['language'] %}
  {% set grant_config = config.get('grants') %}

  {% set location = render(config.get('location', default=external_location(this, config))) %}
  {% set options = render_write_options(config) %}
  {% set write_options = adapter.external_write_options(location, options) %}

  {# Without a format of its own, the model is read as external_write_options chose to write it. #}
  {% set known_formats = ['csv', 'parquet', 'json'] %}
  {% set format = config.get('format') %}
  {% if not format %}
    {% set written_format = options['format'] | lower %}
    {% set format = written_format if written_format in known_formats else 'parquet' %}
  {% elif format not in known_formats %}
    {% do exceptions.raise_compiler_error(
      'Invalid format: ' ~ format ~ '. Allowed formats are: ' ~ known_formats | join(', ')
    ) %}
  {% endif %}

  {% set read_location = adapter.external_read_location(location, options) %}
  {% set default_read_options = {
    'parquet': {'union_by_name': False}, 'json': {'auto_detect': True}, 'csv': {'auto_detect': True}
  } %}
  {% set read_options = config.get(format ~ '_read_options', default_read_options[format]) %}
  {# DuckDB tells the compression of a text file only by a lower-case extension. #}
  {% if format != 'parquet' and options.get('compression') and 'compression' not in read_options %}
    {% set read_options = dict(read_options, compression=options['compression']) %}
  {% endif %}

  {% set existing_relation = load_cached_relation(this) %}
  {% set target_relation = this.incorporate(type='view') %}
  {% set temp_relation = make_intermediate_relation(this.incorporate(type='table'), suffix='__dbt_tmp') %}
  {% set intermediate_relation = make_intermediate_relation(target_relation, suffix='__dbt_int') %}
  {% set backup_type = existing_relation.type if existing_relation is not none else 'table' %}
  {% set backup_relation = make_backup_relation(target_relation, backup_type) %}
  {% set leftover_temp = load_cached_relation(temp_relation) %}
  {% set leftover_intermediate = load_cached_relation(intermediate_relation) %}
  {% set leftover_backup = load_cached_relation(backup_relation) %}

  {# What an interrupted run left behind would be in the way. #}
  {% do drop_relation_if_exists(leftover_intermediate) %}
  {% do drop_relation_if_exists(leftover_temp) %}
  {% do drop_relation_if_exists(leftover_backup) %}

  {% do run_hooks(pre_hooks, inside_transaction=False) %}

  {# The transaction begins with the first statement from here on. #}
  {% do run_hooks(pre_hooks, inside_transaction=True) %}

  {% call statement('create_table', language=language) -%}
    {{- create_table_as(False, temp_relation, compiled_code, language) }}
  {%- endcall %}

  {% set count_query -%}
    select count(*) as row_count from {{ temp_relation }}
  {%- endset %}
  {% set is_empty = run_query(count_query)[0][0] == 0 %}

  {% call statement('main', language='sql') -%}
    {% if is_empty %}
    insert into {{ temp_relation }} values (
      {%- for column in get_columns_in_relation(temp_relation) -%}
      NULL,
      {%- endfor -%}
    )
    {% endif %}
  {%- endcall %}

  {% do write_to_file(temp_relation, location, write_options) %}

  {# Text is part of the query here, comment and indentation included; a csv view is indented less. #}
  {% set indent = '' if format == 'csv' else '  ' %}
  {% call statement('main', language='sql') %}
    {{ indent }}create or replace view {{ intermediate_relation }} as (
    {{ indent }}  select * from read_{{ format }}('{{ read_location }}'
    {%- for key, value in read_options.items() -%}
      , {{ key }}={{ "'" ~ value ~ "'" if value is string else value }}
    {%- endfor -%}
    )
    {{ indent }}  -- if relation is empty, filter by all columns having null values
    {{ indent }}  {% if is_empty %}
    {{ indent }}    where 1
      {%- for column in get_columns_in_relation(temp_relation) %} AND "{{ column.column }}" is not NULL{% endfor %}
    {%- endif %}
    {{ indent }});
    {% endcall %}

  {% if existing_relation is not none %}
    {% do adapter.rename_relation(existing_relation, backup_relation) %}
  {% endif %}
  {% do adapter.rename_relation(intermediate_relation, target_relation) %}

  {% do run_hooks(post_hooks, inside_transaction=True) %}

  {% set revokes = should_revoke(existing_relation, full_refresh_mode=True) %}
  {% do apply_grants(target_relation, grant_config, should_revoke=revokes) %}

  {% do persist_docs(target_relation, model) %}

  {% do adapter.commit() %}

  {% do drop_relation_if_exists(backup_relation) %}
  {% do drop_relation_if_exists(temp_relation) %}

  {# `glue_register` is the older way to ask for what the Glue plugin does. #}
  {% set plugin = config.get('plugin') %}
  {% set glue_register = config.get('glue_register', default=false) %}
  {% if plugin is not none or glue_register is true %}
    {% if glue_register %}
      {% set plugin = 'glue|' ~ config.get('glue_database', 'default') %}
    {% endif %}
    {% do store_relation(plugin, target_relation, location, format, config) %}
  {% endif %}

  {% do run_hooks(post_hooks, inside_transaction=False) %}

  {% do return({'relations': [target_relation]}) %}

{% endmaterialization %}
