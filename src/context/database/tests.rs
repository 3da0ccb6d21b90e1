//! The adapter as templates use it, over a real DuckDB; the macros that it calls are small stand-ins.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use minijinja::context;

use super::*;
use crate::adapter::duckdb::{DuckDbCredentials, DuckDbEngine};
use crate::adapter::{self, Policy, Relation};
use crate::error::{Error, Result};
use crate::events::Events;
use crate::jinja::value::List;
use crate::jinja::{Engine, JinjaError, MjError, State, Value};

/// Macros that only run SQL.
#[derive(Debug)]
struct Macros(Arc<NodeConnection>);

impl MacroCaller for Macros {
    fn call(&self, name: &str, _: Vec<Value>, kwargs: Vec<(String, Value)>) -> Result<Value> {
        let relation = || kwargs.first().and_then(|(_, value)| RelationObject::of(value)).cloned().unwrap_or_default();
        let events = self.0.adapter().events();
        let run = |sql: String| self.0.query(&sql).map(|table| TableObject::value(table, events));
        match name {
            "list_relations_without_caching" => run(format!(
                "select table_catalog, table_name, table_schema, if(table_type = 'VIEW', 'view', 'table') \
                 from information_schema.tables where table_schema = '{}' order by all",
                relation().schema().unwrap_or_default()
            )),
            "get_columns_in_relation" => {
                let table = self.0.query(&format!("select column_name, column_type from (describe {})", relation()))?;
                let column = |row: usize| {
                    let text = |at| table.cell(row, at).to_string();
                    ColumnObject::value(crate::adapter::Column::new(text(0), text(1)))
                };
                Ok(List::new((0..table.len()).map(column).collect()))
            }
            "create_schema" => run(format!("create schema if not exists {}", relation())),
            "drop_relation" => run(format!("drop table {}", relation())),
            "rename_relation" => {
                let to = RelationObject::of(&kwargs[1].1).cloned().unwrap_or_default();
                run(format!("alter table {} rename to {}", relation(), to.identifier().unwrap_or_default()))
            }
            other => Err(Error::runtime(format!("no macro {other}"))),
        }
    }
}

/// Dispatch that names what it was asked for.
#[derive(Debug)]
struct Names;

impl Dispatcher for Names {
    fn dispatch(
        &self,
        _: &mut State<'_, '_>,
        name: &str,
        namespace: Option<&str>,
    ) -> std::result::Result<Value, MjError> {
        Ok(Value::from(format!("{}:{name}", namespace.unwrap_or("-"))))
    }

    fn config(self: Arc<Self>) -> Value {
        Value::from(())
    }

    fn asks_database(&self) {}
}

fn shared() -> Arc<Adapter> {
    let json = serde_json::json!({"path": ":memory:", "settings": {"TimeZone": "UTC"}});
    let credentials = DuckDbCredentials::from_json(json.as_object().unwrap()).unwrap();
    let engine: Arc<dyn adapter::Engine> = Arc::new(DuckDbEngine::new(credentials.clone()));
    Arc::new(Adapter::with_engine(engine, credentials, Policy::default(), Arc::new(Events::default())))
}

fn connect() -> Arc<NodeConnection> {
    NodeConnection::new(shared(), "model.p.a", serde_json::Map::new())
}

fn eval(connection: &Arc<NodeConnection>, template: &str) -> std::result::Result<String, JinjaError> {
    let operations = Operations::new(connection.clone(), Arc::new(Macros(connection.clone())));
    let adapter = AdapterObject::running(operations, Arc::new(Names));
    let quoting = connection.adapter().quoting();
    let root = context! {
        adapter => Value::from_object(adapter),
        api => api(quoting),
        this => RelationObject::value(Relation::new(Some("memory"), Some("main"), Some("t"))),
    };
    Engine::new().render_str(template, "test.sql", root)
}

fn ok(connection: &Arc<NodeConnection>, template: &str) -> String {
    eval(connection, template).unwrap_or_else(|error| panic!("{template}: {error:?}"))
}

#[test]
fn finds_creates_renames_and_drops_relations() {
    let connection = connect();
    assert_eq!(ok(&connection, "{{ adapter.get_relation('memory', 'main', 't') }}"), "None");
    assert_eq!(
        ok(&connection, "{{ adapter.get_relation(database='memory', schema='x', identifier='t') is none }}"),
        "True"
    );
    ok(&connection, "{{ adapter.create_schema(api.Relation.create(database='memory', schema='s')) }}");
    ok(&connection, "{{ adapter.execute('create table s.\"Up\" as select 1 as a, 2.5 as b') }}");
    assert_eq!(ok(&connection, "{{ adapter.get_relation('memory', 's', 'Up').type }}"), "table");
    let approximate = eval(&connection, "{{ adapter.get_relation('memory', 's', 'up') }}").unwrap_err();
    assert!(approximate.to_string().contains("approximate match"), "{approximate}");
    let rename = "{% set r = adapter.get_relation('memory', 's', 'Up') %}\
                  {{ adapter.rename_relation(r, r.incorporate(path={'identifier': 'low'})) }}";
    ok(&connection, rename);
    assert_eq!(ok(&connection, "{{ adapter.get_relation('memory', 's', 'low') }}"), r#""memory"."s"."low""#);
    ok(&connection, "{{ adapter.drop_relation(adapter.get_relation('memory', 's', 'low')) }}");
    assert_eq!(ok(&connection, "{{ adapter.get_relation('memory', 's', 'low') }}"), "None");
    let untyped = eval(&connection, "{{ adapter.drop_relation(this) }}").unwrap_err();
    assert!(untyped.to_string().contains("but its type is null"), "{untyped}");
}

#[test]
fn gives_columns() {
    let connection = connect();
    ok(&connection, "{{ adapter.execute('create table t as select 1 as a, {\\'x\\': 1} as s') }}");
    ok(&connection, "{{ adapter.execute('create table u as select 1 as a') }}");
    let names = "{% for c in adapter.get_columns_in_relation(this) %}{{ c.name }} {{ c.data_type }};{% endfor %}";
    assert_eq!(ok(&connection, names), "a INTEGER;s STRUCT(x INTEGER);");
    let missing = "{{ adapter.get_missing_columns(this, this.incorporate(path={'identifier': 'u'}))[0].quoted }}";
    assert_eq!(ok(&connection, missing), "\"s\"");
    assert_eq!(ok(&connection, "{{ adapter.get_columns_in_relation(this.replace_path(identifier='none')) }}"), "[]");
    let schema = "{{ adapter.get_column_schema_from_query('select 1 as i, {\\'x\\': true} as s')[1] }}";
    assert!(ok(&connection, schema).starts_with("DuckDBColumn(column='s.x', dtype='BOOLEAN', char_size=None"));
    assert_eq!(
        ok(&connection, "{{ api.Column('a', 'VARCHAR').is_string() }} {{ api.Column.create('a', 'string').dtype }}"),
        "True TEXT"
    );
}

#[test]
fn gives_rows_with_the_interface_of_agate() {
    let connection = connect();
    let query = |rest: &str| {
        let sql = "select range as n, 'r' || range as name, range * 1.5 as x from range(3)";
        ok(&connection, &format!("{{% set t = adapter.execute(\"{sql}\", fetch=true)[1] %}}{rest}"))
    };
    assert_eq!(query("{{ t.columns[0].values() }} {{ t.columns['name'].values() }}"), "(0, 1, 2) ('r0', 'r1', 'r2')");
    assert_eq!(
        query("{{ t.rows[1]['name'] }} {{ t[2].n }} {{ t | length }} {{ t.column_names }}"),
        "r1 2 3 ('n', 'name', 'x')"
    );
    assert_eq!(query("{% for row in t %}{{ row[2] }};{% endfor %}"), "0.0;1.5;3.0;");
    assert_eq!(
        query("{{ t.rows[0].values() }} {{ t.rows[0].keys() }} {{ t.rows[0].dict()['n'] }}"),
        "(0, 'r0', Decimal('0.0')) ('n', 'name', 'x') 0"
    );
    assert_eq!(query("{{ t.select(['name']).rename({'name': 'b'}).column_names }}"), "('b',)");
    assert_eq!(query("{{ t.order_by('n', reverse=true)[0][0] }} {{ t.limit(1) | length }}"), "2 1");
    assert!(query("{{ t.columns[0].data_type }}").starts_with("<dbt_common.clients.agate_helper.Integer object at 0x"));
    assert_eq!(query("{{ t.columns | length }}"), "3");
    assert_eq!(
        query("{{ t[1] }} {{ t.columns[0] }}"),
        "<agate.Row: (1, 'r1', Decimal('1.5'))> <agate.Column: (0, 1, 2)>"
    );
    assert!(query("{{ t }}").starts_with("| column | data_type |\n"));
    assert_eq!(
        ok(&connection, "{{ adapter.execute('select 1')[1].columns }}{{ adapter.execute('select 1')[0] }}"),
        "<agate.MappedSequence: ()>OK"
    );
}

#[test]
fn relations_behave_like_dbts() {
    let connection = connect();
    let cases = [
        ("{{ this }} {{ this.identifier }} {{ this.name }} {{ this.type }}", r#""memory"."main"."t" t t None"#),
        ("{{ this.quote(identifier=false) }} {{ this.include(database=false) }}", r#""memory"."main".t "main"."t""#),
        ("{{ this.without_identifier() }} {{ this.include(false, false) }}", r#""memory"."main" "t""#),
        (
            "{{ this.incorporate(type='view').is_view }} {{ this is none }} {{ this == this.replace_path() }}",
            "True False True",
        ),
        (
            "{{ this == this.incorporate(type='view') }} {{ this.information_schema('tables') }}",
            r#"False "memory".INFORMATION_SCHEMA.tables"#,
        ),
        ("{{ this is mapping }} {{ this.get('metadata', {}).get('type', '').endswith('Relation') }}", "True True"),
        ("{{ api.Relation.create(identifier='x', type='table').is_table }} {{ api.Relation.View }}", "True view"),
        ("{{ api.Relation.create(schema='s', identifier='x', quote_policy={'identifier': false}) }}", r#""s".x"#),
        ("{{ this.incorporate(path={'schema': none, 'database': none, 'identifier': 'tmp'}) }}", r#""tmp""#),
        (
            "{{ this.path.schema }} {{ this.matches(schema='main') }} {{ this.render() }}",
            r#"main True "memory"."main"."t""#,
        ),
    ];
    for (template, expected) in cases {
        assert_eq!(ok(&connection, template), expected, "{template}");
    }
    let wrong = eval(&connection, "{{ this.incorporate(type='nonsense') }}").unwrap_err();
    assert!(wrong.to_string().contains("has invalid value 'nonsense'"), "{wrong}");
}

#[test]
fn values_calculate_and_print_like_pythons() {
    let connection = connect();
    let value = |sql: &str, rest: &str| {
        ok(&connection, &format!("{{% set v = adapter.execute(\"select {sql}\", fetch=true)[1].rows[0][0] %}}{rest}"))
    };
    assert_eq!(value("1.50", "{{ v }} {{ v * 2 }} {{ v > 1 }} {{ [v] }}"), "1.50 3.00 True [Decimal('1.50')]");
    assert_eq!(value("sum(range) from range(4)", "{{ v }} {{ v + 1 }}"), "6 7");
    assert_eq!(value("date '2024-01-31'", "{{ v }} {{ v.year }} {{ v.strftime('%d.%m.') }}"), "2024-01-31 2024 31.01.");
    assert_eq!(
        value("timestamp '2024-01-31 10:00:00'", "{{ v }} {{ v.isoformat() }}"),
        "2024-01-31 10:00:00 2024-01-31T10:00:00"
    );
    assert_eq!(value("timestamptz '2024-01-31 10:00:00+02'", "{{ v }}"), "2024-01-31 08:00:00+00:00");
    assert_eq!(value("null", "{{ v }} {{ v is none }}"), "None True");
    assert_eq!(value("[1, null]", "{{ v }} {{ fromjson(v) | length }}"), "[1, null] 2");
}

#[test]
fn answers_the_small_questions() {
    let connection = connect();
    let cases = [
        (
            "{{ adapter.type() }} {{ adapter.quote('a') }} {{ adapter.quote_as_configured('a', 'schema') }}",
            "duckdb \"a\" \"a\"",
        ),
        ("{{ adapter.dispatch('f', 'dbt_utils') }} {{ adapter.dispatch('g') }}", "dbt_utils:f -:g"),
        ("{{ adapter.quote_seed_column('a', none) }} {{ adapter.quote_seed_column('a', false) }}", "\"a\" a"),
        (
            "{{ adapter.is_motherduck() }} {{ adapter.external_root() }} {{ adapter.is_ducklake(this) }}",
            "False . False",
        ),
        ("{{ adapter.valid_incremental_strategies() }}", "['append', 'delete+insert', 'merge', 'microbatch']"),
        (
            "{{ adapter.behavior.enable_truthy_nulls_equals_macro.no_warn }} {{ adapter.location_exists('/no/such.csv') }}",
            "False False",
        ),
        ("{{ adapter.get_relation is defined }} {{ adapter.nonsense is defined }}", "True False"),
    ];
    for (template, expected) in cases {
        assert_eq!(ok(&connection, template), expected, "{template}");
    }
    let dotted = eval(&connection, "{{ adapter.dispatch('dbt_utils.f') }}").unwrap_err();
    assert!(dotted.to_string().contains("is not a valid macro name component"), "{dotted}");
}

#[test]
fn keeps_and_ends_transactions() {
    let connection = connect();
    ok(&connection, "{{ adapter.execute('create table t (a integer)') }}");
    ok(&connection, "{{ adapter.execute('insert into t values (1)', auto_begin=true) }}");
    assert!(connection.transaction_open());
    assert!(eval(&connection, "{{ adapter.execute('select * from nope', auto_begin=true) }}").is_err());
    assert!(!connection.transaction_open());
    assert_eq!(connection.last_failure(), Some(crate::adapter::AdapterErrorKind::Statement));
    ok(&connection, "{{ adapter.add_query('insert into t values (?), (?)', bindings=[1, none]) }}");
    ok(&connection, "{{ adapter.commit() }}{{ adapter.commit() }}");
    assert_eq!(connection.query("select count(*) from t").unwrap().cell(0, 0).to_string(), "2");
    connection.begin().unwrap();
    assert!(connection.begin().is_err());
    connection.release();
    assert!(!connection.transaction_open());
}

#[test]
fn asks_nothing_while_parsing() {
    let adapter = AdapterObject::parsing(shared(), Arc::new(Names));
    let source = "{{ adapter.get_relation('a', 'b', 'c') }} {{ adapter.get_columns_in_relation(none) }} \
                  {{ adapter.execute('selec')[1] | length }} {{ adapter.check_schema_exists('a', 'b') }} {{ adapter.quote('q') }}";
    let out =
        Engine::new().render_str(source, "test.sql", context! { adapter => Value::from_object(adapter) }).unwrap();
    assert_eq!(out, "None [] 0 False \"q\"");
}

#[test]
fn serialises_models_bound_by_foreign_keys() {
    let connection = connect();
    connection.query("create table parent (id integer primary key)").unwrap();
    connection.query("create table child (id integer references parent (id))").unwrap();
    let adapter = connection.adapter().clone();
    let types = |table: &str| adapter.existing_key_constraint_types(&connection, "memory", "main", table).unwrap();
    assert_eq!(types("PARENT").into_iter().collect::<Vec<_>>(), ["primary_key"]);
    assert_eq!(types("child").into_iter().collect::<Vec<_>>(), ["foreign_key"]);
    assert!(types("other").is_empty());
}
