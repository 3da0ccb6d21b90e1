{#
  `dbt clone`: a node of another environment, brought into this one. A table is cloned where the
  database can do that; in every other case a view is made that reads the other environment.
#}
{% materialization clone, default -%}

  {%- if not defer_relation -%}
    {%- do log("No relation found in state manifest for " ~ model.unique_id, info=True) -%}
    {%- do return({'relations': []}) -%}
  {%- endif -%}

  {%- set existing = load_cached_relation(this) -%}
  {%- if existing and not flags.FULL_REFRESH -%}
    {%- do log("Relation " ~ existing ~ " already exists", info=True) -%}
    {%- do return({'relations': []}) -%}
  {%- endif -%}

  {%- set original = load_cached_relation(defer_relation) -%}
  {%- set clones_tables = can_clone_table() -%}

  {%- if not (original and original.type == 'table' and clones_tables) -%}
    {#- Materializations are not dispatched, so the adapter's own view is looked up by its name. -#}
    {%- set own_view = "materialization_view_" ~ adapter.type() -%}
    {%- set make_view = context[own_view if own_view in context else "materialization_view_default"] -%}
    {%- do return(make_view()) -%}
  {%- endif -%}

  {%- set target_relation = this.incorporate(type='table') -%}
  {%- if existing is not none and not existing.is_table -%}
    {%- do log("Dropping relation " ~ existing.render() ~ " because it is of type " ~ existing.type) -%}
    {%- do drop_relation_if_exists(existing) -%}
  {%- endif -%}

  {%- if target_relation.database == defer_relation.database
      and target_relation.schema == defer_relation.schema
      and target_relation.identifier == defer_relation.identifier -%}
    {%- do log("Target relation and defer relation are the same, skipping clone for relation: " ~ target_relation.render()) -%}
  {%- else -%}
        {% call statement('main') %}
            {{ create_or_replace_clone(target_relation, defer_relation) }}
        {% endcall %}
  {%- endif -%}

  {%- set check_privileges = should_revoke(existing, full_refresh_mode=True) -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=check_privileges) -%}
  {%- do persist_docs(target_relation, model) -%}

  {%- do return({'relations': [target_relation]}) -%}

{%- endmaterialization %}
