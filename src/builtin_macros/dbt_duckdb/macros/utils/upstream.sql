{# For an on-run-start hook, where each run begins with an empty (in-memory) database: makes the views over
   files that external models outside the selection wrote in earlier runs, so that selected models find
   their parents. The line breaks between the tags are the compiled hook, and as such part of its file. #}

{% macro register_upstream_external_models() -%}
{% if execute %}
{% set seen = [] %}
{% set schemas = [] %}
{% for selected in selected_resources %}
  {% if selected not in graph['nodes'] %}{% continue %}{% endif %}
  {% for parent_id in graph['nodes'][selected]['depends_on']['nodes'] %}
    {% if parent_id not in seen and parent_id not in selected_resources %}
      {% do seen.append(parent_id) %}
      {% set parent = graph['nodes'].get(parent_id) %}
      {% if parent and parent.resource_type in ('model', 'seed') and parent.config.materialized == 'external' -%}
        {%- set relation = api.Relation.create(
          database=parent['database'], schema=parent['schema'], identifier=parent['alias']
        ) -%}
        {%- set location = parent.config.get('location', external_location(relation, parent.config)) -%}
        {%- set read_from = adapter.external_read_location(location, render_write_options(parent.config)) -%}
        {% if relation.schema not in schemas %}
          {% call statement('main', language='sql') -%}
            create schema if not exists {{ relation.without_identifier() }}
          {%- endcall %}
          {% do schemas.append(relation.schema) %}
        {% endif %}
        {% call statement('main', language='sql') -%}
          create or replace view {{ relation }} as (
            select * from '{{ read_from }}'
          );
        {%- endcall %}
      {%- endif %}
    {% endif %}
  {% endfor %}
{% endfor %}
{% if schemas %}
  {% do adapter.commit() %}
{% endif %}
{% endif %}
{%- endmacro %}
