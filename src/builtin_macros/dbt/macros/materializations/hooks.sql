{#
  Hooks of models, seeds and snapshots. Each hook belongs inside the transaction of its node or
  outside of it; a materialization calls run_hooks once for each kind.
#}


{# Hooks outside need the transaction of whatever ran before them closed, once. A hook that
   renders to nothing is not sent. #}
{% macro run_hooks(hooks, inside_transaction=True) -%}
  {%- for hook in hooks if hook.transaction == inside_transaction -%}
    {%- if loop.first and not inside_transaction -%}
      {% call statement(auto_begin=inside_transaction) %}
        commit;
      {% endcall %}
    {%- endif -%}
    {%- set text = render(hook.get('sql')) | trim -%}
    {%- if text -%}
      {% call statement(auto_begin=inside_transaction) %}
        {{ text }}
      {% endcall %}
    {%- endif -%}
  {%- endfor -%}
{%- endmacro %}


{# The next four are for writing hooks: they pack a statement and its place into one string. #}
{% macro make_hook_config(sql, inside_transaction) %}
    {{ tojson({"sql": sql, "transaction": inside_transaction}) }}
{% endmacro %}


{% macro before_begin(sql) %}
    {{ make_hook_config(sql, inside_transaction=false) }}
{% endmacro %}


{% macro in_transaction(sql) %}
    {{ make_hook_config(sql, inside_transaction=true) }}
{% endmacro %}


{% macro after_commit(sql) %}
    {{ make_hook_config(sql, inside_transaction=false) }}
{% endmacro %}
