{#
  Every statement that a macro sends to the database goes through here. These three are called
  by their plain names and not dispatched: a project that wants its own defines a macro of the
  same name.
#}


{# Runs the text of its `call` block and keeps the answer under `name` for load_result. The
   statement called "main" is what the node is about: its text goes to target/run as well.
   Nothing runs, and the block is not rendered, while the project is only being parsed. #}
{% macro statement(name=None, fetch_result=False, auto_begin=True, language='sql') -%}
  {%- if execute -%}
    {%- set code = caller() -%}

    {%- if name == 'main' -%}
      {%- do log('Writing runtime {} for node "{}"'.format(language, model['unique_id'])) -%}
      {%- do write(code) -%}
    {%- endif -%}

    {%- if language == 'sql' -%}
      {%- set response, table = adapter.execute(code, auto_begin=auto_begin, fetch=fetch_result) -%}
    {%- elif language == 'python' -%}
      {#- A Python model leaves no rows behind to keep. -#}
      {%- set table = none -%}
      {%- set response = submit_python_job(model, code) -%}
    {%- else -%}
      {%- do exceptions.raise_compiler_error("statement macro didn't get supported language") -%}
    {%- endif -%}

    {%- if name is not none -%}
      {%- do store_result(name, response=response, agate_table=table) -%}
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}


{# For work that was done elsewhere (a seed's rows go in batch by batch): writes the text and
   records the given result, without asking the database for anything. #}
{% macro noop_statement(name=None, message=None, code=None, rows_affected=None, res=None) -%}
  {%- set text = caller() -%}

  {%- if name == 'main' -%}
    {%- do log('Writing runtime SQL for node "{}"'.format(model['unique_id'])) -%}
    {%- do write(text) -%}
  {%- endif -%}

  {%- if name is not none -%}
    {%- do store_raw_result(name, message=message, code=code, rows_affected=rows_affected, agate_table=res) -%}
  {%- endif -%}
{%- endmacro %}


{# The short way: run a query, get its table. #}
{% macro run_query(sql) %}
  {% call statement("run_query_statement", fetch_result=true, auto_begin=false) %}
    {{ sql }}
  {% endcall %}
  {%- do return(load_result("run_query_statement").table) -%}
{% endmacro %}
