{# The project in which each line of library.json is called: names for relations and values, and a way to print any
   result with its kind. #}

{% macro lab(name, type='table') %}{% do return(api.Relation.create(database='dev', schema='lab', identifier=name, type=type)) %}{% endmacro %}

{% macro lab_strategy(deletes='ignore') %}
  {% do return({'unique_key': 'id', 'updated_at': 'updated_at', 'row_changed': '(x <> y)', 'scd_id': 'md5(id)', 'hard_deletes': deletes, 'invalidate_hard_deletes': deletes == 'invalidate'}) %}
{% endmacro %}

{% macro show(r) %}
{%- if r is string or r is none or r is number or r is boolean -%}({{ r }})
{%- elif r is mapping -%}DICT {% for k, v in r.items() %}{{ k }}={{ show(v) }};{% endfor %}
{%- elif r.identifier is defined -%}RELATION {{ r }} {{ r.type }}
{%- elif r is sequence -%}LIST {% for v in r %}{{ show(v) }},{% endfor %}
{%- elif r.dtype is defined -%}COLUMN {{ r.name }}:{{ r.data_type }}
{%- else -%}[{{ r }}]{%- endif -%}
{% endmacro %}

{% materialization probe, default %}
  {% call statement('main') %}select 1{% endcall %}
  {{ return({'relations': []}) }}
{% endmaterialization %}
