{# How relations and schemas are listed, made, changed and dropped on DuckDB, and on the catalogs it can
   attach: DuckLake, MotherDuck, SQLite, MySQL. White space outside tags is part of the SQL that is sent. #}


{# ---- Schemas ---- #}

{# A catalog attached from SQLite or MySQL has no schemas to create; SQLite's only one is `main`. #}
{% macro duckdb__create_schema(relation) -%}
  {%- call statement('create_schema') -%}
    {% set foreign_catalog %}
        select type from duckdb_databases()
        where lower(database_name)='{{ relation.database | lower }}'
        and type != 'duckdb'
    {% endset %}
    {% set found = run_query(foreign_catalog) %}
    {% if found | length > 0 %}
        {% set engine = found.columns[0].values()[0] %}
        {% if engine not in ['sqlite', 'mysql'] %}
            create schema if not exists {{ relation.without_identifier() }}
        {% elif engine == 'sqlite' and relation.schema != 'main' %}
            {% do exceptions.raise_compiler_error(
                "Schema must be 'main' when writing to sqlite instead got " ~ relation.schema
            ) %}
        {% endif %}
    {% else %}
        create schema if not exists {{ relation.without_identifier() }}
    {% endif %}
  {%- endcall -%}
{% endmacro %}

{% macro duckdb__drop_schema(relation) -%}
  {%- call statement('drop_schema') -%}
    drop schema if exists {{ relation.without_identifier() }} cascade
  {%- endcall -%}
{% endmacro %}

{% macro duckdb__list_schemas(database) -%}
  {% set query %}
    select schema_name
    from system.information_schema.schemata
    {% if database is not none %}
    where lower(catalog_name) = '{{ database | lower }}'
    {% endif %}
  {% endset %}
  {% do return(run_query(query)) %}
{% endmacro %}

{% macro duckdb__check_schema_exists(information_schema, schema) -%}
  {% set query -%}
        select count(*)
        from system.information_schema.schemata
        where lower(schema_name) = '{{ schema | lower }}'
        and lower(catalog_name) = '{{ information_schema.database | lower }}'
  {%- endset %}
  {% do return(run_query(query)) %}
{% endmacro %}


{# ---- Tables and views ---- #}

{% macro get_column_names() %}
  {# The columns that the model's properties declare, as the column list of an insert. #}
    {%- set declared = model['columns'] -%}
    (
    {% for name in declared %}
      {% set column = declared[name] %}
      {# Quoted where the properties say so. #}
      {{ adapter.quote(column['name']) if column.get('quote') else column['name'] }} {{ ',' if not loop.last }}
    {% endfor %}
  )
{% endmacro %}


{# The columns to partition a DuckLake table by, as comma-separated text; none where nothing is to be
   partitioned, which includes the temporary and intermediate relations of a model. #}
{% macro duckdb__get_partitioned_by(relation, temporary) %}
  {% if temporary %}
    {% do return(none) %}
  {% endif %}

  {% set setting = config.get('partitioned_by', none) %}
  {% if setting is none or setting == '' %}
    {% set setting = config.get('partition_by', none) %}
  {% endif %}
  {% if setting is none or setting == '' %}
    {% do return(none) %}
  {% endif %}

  {% set columns = normalize_string_or_list(setting, 'partitioned_by/partition_by') %}
  {% if not columns %}
    {% do exceptions.raise_compiler_error('partitioned_by/partition_by must contain at least one column') %}
  {% endif %}

  {% set is_built_by_swap = this is defined and config.get('materialized') in ['table', 'incremental'] %}
  {% if is_built_by_swap and relation.identifier and this.identifier and relation.identifier != this.identifier %}
    {% do return(none) %}
  {% endif %}

  {% if not adapter.is_ducklake(relation) %}
    {% do adapter.warn_once(
      'partitioned_by/partition_by is only supported for DuckLake relations; ignoring for ' ~ relation
    ) %}
    {% do return(none) %}
  {% endif %}

  {% do return(columns | join(', ')) %}
{% endmacro %}


{% macro duckdb__alter_table_set_partitioned_by(relation, partitioned_by) -%}
  alter table {{ relation }} set partitioned by ({{ partitioned_by }});
{%- endmacro %}


{# The columns to sort a DuckLake table by, quoted and comma-separated; none under the same conditions as
   for partitions. #}
{% macro duckdb__get_sorted_by(relation, temporary) %}
  {% if temporary %}
    {% do return(none) %}
  {% endif %}

  {% set setting = config.get('sorted_by', none) %}
  {% if setting is none %}
    {% set setting = config.get('sort_by', none) %}
  {% endif %}
  {% if setting is none %}
    {% do return(none) %}
  {% endif %}

  {% set columns = normalize_string_or_list(setting, 'sorted_by/sort_by') %}
  {% if not columns %}
    {% do exceptions.raise_compiler_error('sorted_by/sort_by must contain at least one column') %}
  {% endif %}

  {% set is_built_by_swap = this is defined and config.get('materialized') in ['table', 'incremental'] %}
  {% if is_built_by_swap and relation.identifier and this.identifier and relation.identifier != this.identifier %}
    {% do return(none) %}
  {% endif %}

  {% if not adapter.is_ducklake(relation) %}
    {% do adapter.warn_once(
      'sorted_by/sort_by is only supported for DuckLake relations; ignoring for ' ~ relation
    ) %}
    {% do return(none) %}
  {% endif %}

  {% set quoted = [] %}
  {% for column in columns %}
    {% do quoted.append(adapter.quote(column | replace('"', '""'))) %}
  {% endfor %}
  {% do return(quoted | join(', ')) %}
{% endmacro %}


{% macro duckdb__alter_table_set_sorted_by(relation, sorted_by) -%}
  alter table {{ relation }} set sorted by ({{ sorted_by }});
{%- endmacro %}

{# Takes two arguments more than dbt's macro of this name, for DuckLake's table layout. #}
{% macro create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) %}
  {% do return(adapter.dispatch('create_table_as', 'dbt')(
    temporary, relation, compiled_code, language, partitioned_by=partitioned_by, sorted_by=sorted_by
  )) %}
{% endmacro %}

{# The layout of a DuckLake table can only be set on a table that exists, and only affects rows written
   after it: so such a table is created empty, altered, then filled. An enforced contract works alike,
   except on temporary tables, which take no constraints. #}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) -%}
  {%- if language == 'sql' -%}
    {% set contract = config.get('contract') %}
    {% if contract.enforced %}
      {{ get_assert_columns_equivalent(compiled_code) }}
    {% endif %}
    {%- set header = config.get('sql_header', none) -%}

    {{ header if header is not none }}

    create {{ 'temporary' if temporary }} table
      {{ relation.include(database=(not temporary), schema=(not temporary)) }}
  {% if contract.enforced and not temporary -%}
    {{ get_table_columns_and_constraints() }} ;
    {% if partitioned_by %}
      {{ duckdb__alter_table_set_partitioned_by(relation, partitioned_by) }}
    {% endif %}
    {% if sorted_by %}
      {{ duckdb__alter_table_set_sorted_by(relation, sorted_by) }}
    {% endif %}
    insert into {{ relation }} {{ get_column_names() }} (
      {{ get_select_subquery(compiled_code) }}
    );
  {% else %}
    {% if not (partitioned_by or sorted_by) %}
    as (
      {{ compiled_code }}
    );
    {% else %}
    as (
      select * from (
        {{ compiled_code }}
      ) as model_subq
      limit 0
    );
    {% if partitioned_by %}
    {{ duckdb__alter_table_set_partitioned_by(relation, partitioned_by) }}
    {% endif %}
    {% if sorted_by %}
    {{ duckdb__alter_table_set_sorted_by(relation, sorted_by) }}
    {% endif %}
    insert into {{ relation }}
      select * from (
        {{ compiled_code }}
      ) as model_subq;
    {% endif %}
  {% endif %}
  {%- elif language == 'python' -%}
    {{ py_write_table(
      temporary=temporary, relation=relation, compiled_code=compiled_code,
      partitioned_by=partitioned_by, sorted_by=sorted_by
    ) }}
  {%- else -%}
    {% do exceptions.raise_compiler_error(
      "duckdb__create_table_as macro didn't get supported language, it got %s" % language
    ) %}
  {%- endif -%}
{% endmacro %}

{# The model's Python code, followed by the function that the adapter calls with its result. #}
{% macro py_write_table(temporary, relation, compiled_code, partitioned_by=none, sorted_by=none) -%}
{{ compiled_code }}

def materialize(df, con):
    try:
        import pyarrow
        pyarrow_available = True
    except ImportError:
        pyarrow_available = False
    finally:
        if pyarrow_available and isinstance(df, pyarrow.Table):
            # https://github.com/duckdb/duckdb/issues/6584
            import pyarrow.dataset
    tmp_name = '__dbt_python_model_df_' + '{{ relation.identifier }}'
    con.register(tmp_name, df)
    {% if not (partitioned_by or sorted_by) %}
    con.execute('create table {{ relation }} as select * from ' + tmp_name)
    {% else %}
    con.execute('create table {{ relation }} as select * from ' + tmp_name + ' limit 0')
    {% if partitioned_by %}
    con.execute('alter table {{ relation }} set partitioned by ({{ partitioned_by }})')
    {% endif %}
    {% if sorted_by %}
    con.execute('alter table {{ relation }} set sorted by ({{ sorted_by }})')
    {% endif %}
    con.execute('insert into {{ relation }} select * from ' + tmp_name)
    {% endif %}
    con.unregister(tmp_name)
{% endmacro %}

{% macro duckdb__create_view_as(relation, sql) -%}
  {% set contract = config.get('contract') %}
  {% if contract.enforced %}
    {{ get_assert_columns_equivalent(sql) }}
  {%- endif %}
  {%- set header = config.get('sql_header', none) -%}

  {{ header if header is not none }}
  create view {{ relation }} as (
    {{ sql }}
  );
{% endmacro %}

{# The header runs as a statement of its own: this query is sent inside DESCRIBE (...), where a header
   would be a syntax error, and what the header sets lasts for the session. #}
{% macro duckdb__get_empty_subquery_sql(select_sql, select_sql_header=none) -%}
    {%- if select_sql_header is not none -%}
      {%- do run_query(select_sql_header) -%}
    {%- endif -%}
    select * from (
        {{ select_sql }}
    ) as __dbt_sbq
    where false
    limit 0
{% endmacro %}

{# DESCRIBE loads one relation; information_schema would load every table of an attached catalog. Length,
   precision and scale stay null because DuckDB's type name already holds them. #}
{% macro duckdb__get_columns_in_relation(relation) -%}
  {% call statement('get_columns_in_relation', fetch_result=True) %}
      select
          column_name,
          column_type as data_type,
          cast(null as bigint) as character_maximum_length,
          cast(null as bigint) as numeric_precision,
          cast(null as bigint) as numeric_scale
      from (describe {{ relation.render() }})
  {% endcall %}
  {% do return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) %}
{% endmacro %}

{% macro duckdb__list_relations_without_caching(schema_relation) %}
  {% call statement('list_relations_without_caching', fetch_result=True) -%}
    select
      '{{ schema_relation.database }}' as database,
      table_name as name,
      table_schema as schema,
      CASE table_type
        WHEN 'BASE TABLE' THEN 'table'
        WHEN 'VIEW' THEN 'view'
        WHEN 'LOCAL TEMPORARY' THEN 'table'
        END as type
    from system.information_schema.tables
    where lower(table_schema) = '{{ schema_relation.schema | lower }}'
    and lower(table_catalog) = '{{ schema_relation.database | lower }}'
  {% endcall %}
  {% do return(load_result('list_relations_without_caching').table) %}
{% endmacro %}

{# DuckLake knows no `cascade`. #}
{% macro duckdb__drop_relation(relation) -%}
  {% call statement('drop_relation', auto_begin=False) %}
      drop {{ relation.type }} if exists {{ relation }}{{ ' cascade' if not adapter.is_ducklake(relation) }}
    {% endcall %}
{% endmacro %}

{% macro duckdb__rename_relation(from_relation, to_relation) -%}
  {% set new_name = adapter.quote_as_configured(to_relation.identifier, 'identifier') %}
  {% call statement('rename_relation') -%}
    alter {{ to_relation.type }} {{ from_relation }} rename to {{ new_name }}
  {%- endcall %}
{% endmacro %}


{# ---- Temporary relations ---- #}

{# A temporary table belongs to the connection, in `temp.main`, hence neither schema nor database. The
   time in its name keeps two models, or two runs, apart. #}
{% macro duckdb__make_temp_relation(base_relation, suffix) %}
    {% set identifier = base_relation.identifier ~ suffix ~ py_current_timestring() %}
    {% do return(base_relation.incorporate(path={
        'database': none,
        'schema': none,
        'identifier': identifier
    })) %}
{% endmacro %}

{# Where an incremental model or a snapshot puts its new rows first: {'relation': ..., 'temporary': ...}.
   MotherDuck has no temporary tables on the server, so there it is an ordinary table in a schema set
   aside for them, and that schema has to be committed before the model's own transaction. #}
{% macro duckdb__dispatch_temporary_relation(target_relation, batch_id='') %}
    {% if adapter.is_motherduck() %}
        {% set path = adapter.get_temp_relation_path(target_relation, batch_id) %}
        {% set relation = target_relation.incorporate(path=path) %}
        {% do run_query(create_schema(relation)) %}
        {% if not adapter.disable_transactions() %}
            {% do adapter.commit() %}
        {% endif %}
        {% do return({'relation': relation, 'temporary': false}) %}
    {% endif %}

    {% do return({'relation': make_temp_relation(target_relation), 'temporary': true}) %}
{% endmacro %}


{# ---- Time ---- #}

{% macro duckdb__current_timestamp() -%}
    now()
{%- endmacro %}

{% macro duckdb__snapshot_string_as_time(timestamp) %}
    {% do return("'" ~ timestamp ~ "'::timestamp") %}
{% endmacro %}

{% macro duckdb__snapshot_get_time() -%}
    {{ current_timestamp() }}::timestamp
{%- endmacro %}


{% macro duckdb__get_incremental_default_sql(arg_dict) %}
    {% do return(get_incremental_delete_insert_sql(arg_dict)) %}
{% endmacro %}


{# ---- Files ---- #}

{% macro location_exists(location) %}
    {% do return(adapter.location_exists(location)) %}
{% endmacro %}

{% macro write_to_file(relation, location, options) -%}
  {% call statement('write_to_file') -%}
    copy {{ relation }} to '{{ location }}' ({{ options }})
  {%- endcall %}
{% endmacro %}

{# Hands a relation to a plugin, which records it elsewhere (Glue, for instance). #}
{% macro store_relation(plugin, relation, location, format, config) -%}
  {%- set columns = adapter.get_columns_in_relation(relation) -%}
  {% do adapter.store_relation(plugin, relation, columns, location, format, config) %}
{% endmacro %}

{# The `options` of an external model with their Jinja rendered. `format` and `delimiter` used to be
   settings of the model itself; where they still are, they win. #}
{% macro render_write_options(config) %}
  {% set options = config.get('options', {}) %}
  {% if options is not mapping %}
    {% do exceptions.raise_compiler_error('The options argument must be a dictionary') %}
  {% endif %}

  {% for name in options %}
    {% do options.update({name: render(options[name])}) %}
  {% endfor %}
  {% for name in ['format', 'delimiter'] if config.get(name) %}
    {% do options.update({name: render(config.get(name))}) %}
  {% endfor %}

  {% do return(options) %}
{% endmacro %}


{# DuckDB has no users to grant anything to. #}
{% macro duckdb__apply_grants(relation, grant_config, should_revoke=True) %}
    {%- if grant_config %}
      {{ adapter.warn_once('Grants for relations are not supported by DuckDB') }}
    {% endif %}
{% endmacro %}


{# ---- Indexes ---- #}

{% macro duckdb__get_create_index_sql(relation, index_dict) -%}
  {%- set index = adapter.parse_index(index_dict) -%}
  create {{ 'unique' if index.unique }} index
  "{{ index.render(relation) }}"
  on {{ relation }}
  ({{ index.columns | join(', ') }});
{%- endmacro %}

{# DuckDB refuses to rename a table that has an index. These statements begin no transaction: they may run
   after the model's commit, and what a transaction opened there does is rolled back in the end. #}
{% macro drop_indexes_on_relation(relation) %}
  {% call statement('get_indexes_on_relation', fetch_result=True, auto_begin=False) %}
    SELECT index_name
    FROM duckdb_indexes()
    WHERE database_name = '{{ relation.database }}'
      AND schema_name = '{{ relation.schema }}'
      AND table_name = '{{ relation.identifier }}'
  {% endcall %}

  {% set indexes = load_result('get_indexes_on_relation').table %}
  {% for index in indexes %}
    {# Numbered, so that each statement keeps its own result. #}
    {% call statement('drop_index_' ~ loop.index, auto_begin=False) %}
      DROP INDEX "{{ relation.database }}"."{{ relation.schema }}"."{{ index[0] }}"
    {% endcall %}
  {% endfor %}
{%- endmacro %}


{# ---- Foreign keys ---- #}

{# DuckDB neither renames nor drops a table that a foreign key refers to, and cannot drop the foreign key
   alone. So the tables that refer to `relation`, directly or through others, are dropped before it is
   swapped, with their rows kept in backup tables. That is done only for tables which this run builds
   again later: selected downstream models that are tables, or incremental models in a full refresh.
   Anything else stops the model, so that no data is lost. DuckDB's foreign keys stay within a schema.
   Returns [{'relation': ..., 'backup': ...}], deepest dependents first. #}
{% macro drop_foreign_key_dependents(relation) -%}
  {% set database = adapter.escape_sql_string(relation.database) %}
  {% set schema = adapter.escape_sql_string(relation.schema) %}
  {% set identifier = adapter.escape_sql_string(relation.identifier) %}
  {% call statement('get_foreign_key_dependents', fetch_result=True) %}
    with recursive fks as (
      select table_name, referenced_table
      from duckdb_constraints()
      where constraint_type = 'FOREIGN KEY'
        and lower(database_name) = lower('{{ database }}')
        and lower(schema_name) = lower('{{ schema }}')
        and lower(table_name) <> lower(referenced_table)
    ),
    dependents(table_name, depth) as (
      select table_name, 1
      from fks
      where lower(referenced_table) = lower('{{ identifier }}')
      union
      select fks.table_name, dependents.depth + 1
      from fks
      join dependents on lower(fks.referenced_table) = lower(dependents.table_name)
    )
    {#- One row for each table that a dependent refers to, in the order of dropping. -#}
    select d.table_name, d.depth, f.referenced_table
    from (select table_name, max(depth) as depth from dependents group by table_name) d
    join fks f on f.table_name = d.table_name
    order by d.depth desc, d.table_name, f.referenced_table
  {% endcall %}

  {% set references = {} %}
  {% for row in load_result('get_foreign_key_dependents').table %}
    {% do references.setdefault(row[0], []).append(row[2] | lower) %}
  {% endfor %}
  {% if not references %}
    {% do return([]) %}
  {% endif %}

  {# Which model builds each of these tables. `builders` also knows the table being swapped. #}
  {% set builders = {relation.identifier | lower: model.unique_id} %}
  {% set nodes = {} %}
  {% for node in graph.nodes.values() if node.resource_type == 'model' %}
    {% set same_database = (node.database or '') | lower == (relation.database or '') | lower %}
    {% if same_database and node.schema | lower == relation.schema | lower %}
      {% for table in references if table | lower == (node.alias or node.name) | lower %}
        {% do nodes.update({table: node}) %}
        {% do builders.update({table | lower: node.unique_id}) %}
      {% endfor %}
    {% endif %}
  {% endfor %}

  {% set problems = [] %}
  {% for table, referenced_tables in references.items() %}
    {% set node = nodes.get(table) %}
    {# Without a ref() to one of them, nothing makes dbt build this table after the one it refers to. #}
    {% set referenced_models = [] %}
    {% for referenced in referenced_tables if referenced in builders and node is not none %}
      {% if builders[referenced] in node.depends_on.nodes %}
        {% do referenced_models.append(builders[referenced]) %}
      {% endif %}
    {% endfor %}

    {% if node is none %}
      {% do problems.append(table ~ ' (not built by a dbt model in this project)') %}
    {% elif node.unique_id not in selected_resources %}
      {% do problems.append(table ~ ' (model ' ~ node.name ~ ' is not selected in this run)') %}
    {% elif not referenced_models %}
      {% do problems.append(
        table ~ ' (model ' ~ node.name ~ ' does not ref() the table its foreign key points at, so dbt may not '
        ~ 'rebuild it afterwards; use `to: ref(...)` in the constraint)'
      ) %}
    {% else %}
      {% set materialized = node.config.materialized %}
      {% set own_full_refresh = node.config.full_refresh %}
      {% set full_refresh = flags.FULL_REFRESH if own_full_refresh is none else own_full_refresh %}
      {% if materialized != 'table' and not (materialized == 'incremental' and full_refresh) %}
        {% do problems.append(
          table ~ ' (model ' ~ node.name ~ ' is materialized as ' ~ materialized
          ~ ' and would lose its data; run with --full-refresh)'
        ) %}
      {% endif %}
    {% endif %}
  {% endfor %}
  {% if problems %}
    {% do exceptions.raise_compiler_error(
      'Cannot replace ' ~ relation ~ ' because DuckDB does not allow replacing a table that a foreign key '
      ~ 'references, and dbt-duckdb can only drop referencing tables that this run will rebuild. '
      ~ 'Problem tables: ' ~ problems | join('; ')
    ) %}
  {% endif %}

  {% set dropped = [] %}
  {% for table in references %}
    {% set dependent = api.Relation.create(
      database=relation.database, schema=relation.schema, identifier=table, type='table'
    ) %}
    {% set backup = dependent.incorporate(path={'identifier': table ~ '__dbt_fk_backup'}, type='table') %}
    {% do adapter.drop_relation(backup) %}
    {% call statement('backup_foreign_key_dependent_' ~ loop.index) %}
      create table {{ backup }} as select * from {{ dependent }}
    {% endcall %}
    {% do log(
      'Dropping ' ~ dependent ~ ' because it references ' ~ relation
      ~ ' through a foreign key; it is rebuilt later in this run',
      info=True
    ) %}
    {% do adapter.drop_relation(dependent) %}
    {% do dropped.append({'relation': dependent, 'backup': backup}) %}
  {% endfor %}
  {% do return(dropped) %}
{%- endmacro %}

{# Puts the rows of the dropped tables back under their names, so that nobody misses them between two
   models; their constraints come back when their own models run. #}
{% macro restore_foreign_key_dependents(dropped) %}
  {% for item in dropped | reverse %}
    {% do log(
      'Restoring data for ' ~ item['relation'] ~ '; its constraints are rebuilt later in this run', info=True
    ) %}
    {% do adapter.rename_relation(item['backup'], item['relation']) %}
  {% endfor %}
{%- endmacro %}

{# The types of all constraints, on the model and on its columns, that its contract enforces. #}
{% macro enforced_constraint_types() %}
  {% set types = [] %}
  {% set contract = config.get('contract') %}
  {% if contract and contract.enforced %}
    {% for holder in [model] + (model.get('columns', {}).values() | list) %}
      {% for constraint in holder.get('constraints', []) %}
        {% do types.append(constraint.type) %}
      {% endfor %}
    {% endfor %}
  {% endif %}
  {% do return(types) %}
{% endmacro %}

{# The types of the key constraints that a table in the database has now. #}
{% macro existing_constraint_types(relation) %}
  {% if relation is not none and relation.is_table %}
    {% do return(adapter.existing_key_constraint_types(relation)) %}
  {% endif %}
  {% do return([]) %}
{% endmacro %}

{# Whether the model has, or its table still has, foreign keys. DuckDB notes the name of such a table on the
   table it refers to, does not follow a rename (duckdb/duckdb#24648), and can then never drop the other
   one: so these tables are created under their final name instead of being swapped in. #}
{% macro has_foreign_key_constraints(relation=none) %}
  {% if not adapter.catalog_supports_foreign_keys(this.database) %}
    {% do return(false) %}
  {% endif %}
  {% do return(
    'foreign_key' in enforced_constraint_types() or 'foreign_key' in existing_constraint_types(relation)
  ) %}
{% endmacro %}

{# Whether other tables can refer to this one, which takes a primary key or a unique constraint. The table
   in the database counts too: the model may just have lost its constraint. #}
{% macro may_be_foreign_key_target(relation=none) %}
  {% if not adapter.catalog_supports_foreign_keys(this.database) %}
    {% do return(false) %}
  {% endif %}
  {% set types = enforced_constraint_types() + existing_constraint_types(relation) %}
  {% do return('primary_key' in types or 'unique' in types) %}
{% endmacro %}

{# Makes room for a table to be built again under the same name, and returns what else had to go. It insists
   on a transaction, even with transactions disabled: a failed build has to bring everything back. #}
{% macro drop_relation_for_rebuild(relation) %}
  {% do adapter.ensure_transaction() %}
  {% set dropped = [] %}
  {% if relation.is_table and may_be_foreign_key_target(relation) %}
    {% set dropped = drop_foreign_key_dependents(relation) %}
  {% endif %}
  {% do adapter.drop_relation(relation) %}
  {% do return(dropped) %}
{% endmacro %}
