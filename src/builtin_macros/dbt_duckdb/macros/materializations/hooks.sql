{# Runs a model's hooks, those inside or those outside its transaction. This replaces dbt's own macro, which
   sends a `commit` before the hooks that run outside: DuckDB opens no transaction with the connection, and
   there would be nothing to commit. Hooks that render to nothing are not sent. #}

{% macro run_hooks(hooks, inside_transaction=True) %}
  {% for hook in hooks | selectattr('transaction', 'equalto', inside_transaction) %}
    {% set hook_sql = render(hook.get('sql')) | trim %}
    {% if hook_sql %}
      {% call statement(auto_begin=inside_transaction) %}
        {{ hook_sql }}
      {% endcall %}
    {% endif %}
  {% endfor %}
{% endmacro %}
