//! Python models and plugins on a real database, in a real Python: `RDBT_PYTHON`, or the one on the PATH. Where that has no
//! package `duckdb`, the tests hold what rdbt says about it.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use std::process::Command;

use common::Sandbox;
use insta::assert_snapshot;

/// A project with an upstream model whose types Parquet does not have.
fn project() -> Sandbox {
    Sandbox::new().project().file(
        "models/numbers.sql",
        "{{ config(materialized='table') }}\nselect i::integer as id, sum(i) over () as total, \
         ('n' || i)::enum('n0', 'n1', 'n2', 'n3') as name, interval (i) day as later from range(4) t(i)\n",
    )
}

/// An interpreter that can run Python models, if there is one.
fn interpreter() -> Option<String> {
    let python = std::env::var("RDBT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let tried = Command::new(&python).args(["-c", "import duckdb"]).output();
    tried.is_ok_and(|output| output.status.success()).then_some(python)
}

/// Runs a test with an interpreter that has `duckdb`; without one, tells what rdbt then says.
fn with_python(test: impl Fn(Sandbox)) {
    match interpreter() {
        Some(python) => test(project().env("RDBT_PYTHON", &python)),
        None => {
            let sandbox = project().file("models/any.py", "def model(dbt, session):\n    return dbt.ref('numbers')\n");
            let outcome = sandbox.run(&["run"]);
            assert_eq!(outcome.code, 1, "{outcome}");
            let lacking = outcome.stdout.contains("The package `duckdb` is not installed for ");
            assert!(lacking || outcome.stdout.contains("There is work for Python here"), "{outcome}");
        }
    }
}

#[test]
fn relations_keep_their_types_on_the_way_in_and_out() {
    with_python(|sandbox| {
        let sandbox = sandbox
            .file(
                "models/filtered.py",
                "def model(dbt, session):\n    dbt.config(materialized='table', meta={'least': 2})\n    \
                 least = dbt.config.meta_get('least')\n    print('reads', dbt.this.identifier, dbt.is_incremental)\n    \
                 return dbt.ref('numbers').filter(f'id >= {least}')\n",
            )
            .file("models/below.sql", "select count(*) as rows from {{ ref('filtered') }}\n");
        let outcome = sandbox.run(&["run"]);
        assert_snapshot!(outcome.console(), @r"
        exit code 0
        Concurrency: 1 threads (target='dev')
        1 of 3 START sql table model main.numbers ...................................... [RUN]
        1 of 3 OK created sql table model main.numbers ................................. [OK in N.NNs]
        2 of 3 START python table model main.filtered .................................. [RUN]
        reads filtered False
        2 of 3 OK created python table model main.filtered ............................. [OK in N.NNs]
        3 of 3 START sql view model main.below ......................................... [RUN]
        3 of 3 OK created sql view model main.below .................................... [OK in N.NNs]
        Finished running 2 table models, 1 view model in TIME (N.NNs).
        Completed successfully
        Done. PASS=3 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=3
        ");
        assert_snapshot!(sandbox.rows("select id, total, name, later::varchar, typeof(columns(*)) from filtered order by 1"), @r#"
        2 | 6 | Enum("n2") | 2 days | INTEGER | HUGEINT | ENUM('n0', 'n1', 'n2', 'n3') | INTERVAL
        3 | 6 | Enum("n3") | 3 days | INTEGER | HUGEINT | ENUM('n0', 'n1', 'n2', 'n3') | INTERVAL
        "#);
        assert_snapshot!(sandbox.rows("select * from below"), @"2");
    });
}

#[test]
fn incremental_models_read_what_they_built_before() {
    with_python(|sandbox| {
        let sandbox = sandbox.file(
            "models/grown.py",
            "def model(dbt, session):\n    dbt.config(materialized='incremental', unique_key='id')\n    \
             rows = dbt.ref('numbers')\n    if dbt.is_incremental:\n        \
             rows = session.sql(f'select id + 10 as id, total, name, later from rows where id > (select min(id) from \
             {dbt.this})')\n    return rows\n",
        );
        for _ in 0..2 {
            let outcome = sandbox.run(&["run"]);
            assert_eq!(outcome.code, 0, "{outcome}");
        }
        assert_snapshot!(sandbox.rows("select id, total, name from grown order by id"), @r#"
        0 | 6 | Enum("n0")
        1 | 6 | Enum("n1")
        2 | 6 | Enum("n2")
        3 | 6 | Enum("n3")
        11 | 6 | Enum("n1")
        12 | 6 | Enum("n2")
        13 | 6 | Enum("n3")
        "#);
    });
}

#[test]
fn the_session_reads_by_name_and_writes_to_the_database() {
    with_python(|sandbox| {
        let sandbox = sandbox.file(
            "models/session.py",
            "def model(dbt, session):\n    dbt.ref('numbers')\n    \
             session.execute('create or replace table made as select 7 as seven')\n    \
             session.execute('insert into main.made values (8)')\n    \
             session.execute('create temp table own as select * from numbers where id > 1')\n    \
             parts = session.sql('select 3 as three')\n    \
             print(session.execute('select seven from a.main.made order by 1').fetchall())\n    \
             print(session.sql(\"select count(*) from information_schema.tables where table_name = 'made'\").fetchone())\n    \
             try:\n        session.sql('select * from not_there')\n    except Exception as error:\n        \
             print(type(error).__name__)\n    \
             return session.sql('select own.id, three from own, parts')\n",
        );
        let outcome = sandbox.run(&["run"]);
        assert_snapshot!(outcome.console(), @r"
        exit code 0
        Concurrency: 1 threads (target='dev')
        1 of 2 START sql table model main.numbers ...................................... [RUN]
        1 of 2 OK created sql table model main.numbers ................................. [OK in N.NNs]
        2 of 2 START python table model main.session ................................... [RUN]
        [(7,), (8,)]
        (1,)
        CatalogException
        2 of 2 OK created python table model main.session .............................. [OK in N.NNs]
        Finished running 2 table models in TIME (N.NNs).
        Completed successfully
        Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
        ");
        assert_snapshot!(sandbox.rows("select * from session order by all"), @r"
        2 | 3
        3 | 3
        ");
        assert_snapshot!(sandbox.rows("select * from made order by all"), @r"
        7
        8
        ");
    });
}

#[test]
fn an_exception_is_shown_with_the_models_own_lines() {
    with_python(|sandbox| {
        let sandbox = sandbox
            .file(
                "models/fails.py",
                "def inner(row):\n    return row['nope']\n\n\ndef model(dbt, session):\n    return inner({})\n",
            )
            .file(
                "models/lacks.py",
                "import no_such_package.part\n\n\ndef model(dbt, session):\n    return dbt.ref('numbers')\n",
            );
        let outcome = sandbox.run(&["run"]);
        assert_eq!(outcome.code, 1, "{outcome}");
        let said = [
            "  Python model failed:\n  Traceback (most recent call last):\n    File \"models/fails.py\", line 6, in model\n",
            "    File \"models/fails.py\", line 2, in inner\n",
            "  KeyError: 'nope'\n",
            "    File \"models/lacks.py\", line 1, in <module>\n",
            "  The package `no_such_package` is not installed for ",
        ];
        for text in said {
            assert!(outcome.stdout.contains(text), "{text}\n{outcome}");
        }
        assert!(!outcome.stdout.contains("<rdbt>"), "{outcome}");
    });
}

#[test]
fn a_text_that_is_no_python_stops_the_command_before_anything_runs() {
    let texts = [
        "def model(dbt, session):\n    rows = (1,\n    return rows\n",
        "def model(dbt, session):\nreturn 1\n",
        "def model(dbt, session):\n    print 'x'\n    return 1\n",
        "def model(dbt, session):\n    rows = 1\n",
        "def model(session, dbt, more):\n    return session, 1\n",
        "",
    ];
    with_python(|sandbox| {
        let mut sandbox = sandbox;
        let mut said = String::new();
        for text in texts {
            sandbox = sandbox.file("models/staging/bad.py", text);
            let outcome = sandbox.run(&["--log-level", "error", "run"]);
            let console = outcome.console();
            let lines = console.lines().filter(|line| !line.trim().is_empty());
            said.extend(lines.map(|line| format!("{line}\n")));
        }
        assert_snapshot!(said, @r"
        exit code 2
        [ERROR]: Encountered an error:
        Parsing Error
          '(' was never closed (bad.py, line 2)
              rows = (1,
          The model is in models/staging/bad.py.
        exit code 2
        [ERROR]: Encountered an error:
        Parsing Error
          expected an indented block after function definition on line 1 (bad.py, line 2)
          return 1
          The model is in models/staging/bad.py.
        exit code 2
        [ERROR]: Encountered an error:
        Parsing Error
          Missing parentheses in call to 'print'. Did you mean print(...)? (bad.py, line 2)
              print 'x'
          The model is in models/staging/bad.py.
        exit code 2
        [ERROR]: Encountered an error:
        Parsing Error in model bad (models/staging/bad.py)
          In current version, model function should return only one dataframe object
        exit code 2
        [ERROR]: Encountered an error:
        Parsing Error in model bad (models/staging/bad.py)
          'dbt' not provided for model as the first argument
          model function should have two args, `dbt` and a session to current warehouse
          In current version, model function should return only one dataframe object
        exit code 0
        ");
    });
}

#[test]
fn an_interpreter_that_does_not_exist_is_named() {
    let profile =
        "p:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: a.duckdb, python_interpreter: /no/python}\n";
    let sandbox = project()
        .file("profiles.yml", profile)
        .file("models/any.py", "def model(dbt, session):\n    return dbt.ref('numbers')\n");
    let outcome = sandbox.run(&["run", "--select", "any"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    let said = "The Python interpreter `/no/python` of `python_interpreter` in the profile does not exist.";
    assert!(outcome.stdout.contains(said), "{outcome}");
}

/// A plugin that configures the database, loads a source and stores a model.
const PLUGIN: &str = "\
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.duckdb.utils import SourceConfig, TargetConfig
import duckdb


class Plugin(BasePlugin):
    def initialize(self, plugin_config):
        self.rows = plugin_config['rows']

    def update_connection_config(self, creds, config):
        config['default_null_order'] = 'nulls_first'

    def configure_connection(self, conn):
        conn.execute('create or replace macro main.twice(x) as x * 2')
        self.seen = conn.execute('select ? || ?, current_setting($$default_null_order$$)', ['a', 7]).fetchall()

    def configure_cursor(self, cursor):
        cursor.execute('set variable prepared = 42')

    def load(self, source_config: SourceConfig):
        word = source_config['word'] + source_config.table_name()
        return duckdb.sql(f\"select i::integer as id, interval (i) day as later, '{word}' as word from range({self.rows}) t(i)\")

    def store(self, target_config: TargetConfig):
        rows = duckdb.sql(f\"select count(*) from '{target_config.location.path}'\").fetchone()[0]
        columns = [(column.name, column.dtype) for column in target_config.column_list]
        with open('stored.txt', 'w') as file:
            print(target_config.relation.identifier, rows, columns, target_config.config.get('word'), self.seen, file=file)
";

/// The project with a profile that lists the plugin.
fn with_plugin(sandbox: Sandbox, code: &str) -> Sandbox {
    let profile = "p:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: a.duckdb\n      module_paths: [lib]\n      \
                   plugins: [{module: my_plugin, alias: mine, config: {rows: 3}}]\n";
    sandbox.file("profiles.yml", profile).file("lib/my_plugin.py", code)
}

#[test]
fn a_plugin_of_the_project_configures_loads_and_stores() {
    with_python(|sandbox| {
        let sandbox = with_plugin(sandbox, PLUGIN)
            .file("models/s.yml", "sources: [{name: s, tables: [{name: t, config: {meta: {plugin: mine, word: w}}}]}]\n")
            .file("models/reads.sql", "select id, later, word, twice(id) as two, getvariable('prepared') as prepared from {{ source('s', 't') }}\n")
            .file(
                "models/stores.sql",
                "{{ config(materialized='external', plugin='mine', location='out.parquet', word='x') }}\n\
                 select id, word from {{ source('s', 't') }} where id > 0\n",
            );
        let outcome = sandbox.run(&["run"]);
        assert_eq!(outcome.code, 0, "{outcome}");
        assert_snapshot!(sandbox.rows("select id, later::varchar, word from s.t order by id"), @r"
        0 | 00:00:00 | wa.s.t
        1 | 1 day | wa.s.t
        2 | 2 days | wa.s.t
        ");
        assert_snapshot!(sandbox.read("stored.txt"), @"stores 2 [('id', 'INTEGER'), ('word', 'VARCHAR')] x [('a7', 'NULLS_FIRST')]");
    });
}

#[test]
fn a_plugin_that_fails_is_shown_with_its_own_lines() {
    with_python(|sandbox| {
        let sandbox =
            with_plugin(sandbox, &PLUGIN.replace("self.rows = plugin_config['rows']", "raise ValueError('no rows')"));
        let outcome = sandbox.run(&["run"]);
        assert_ne!(outcome.code, 0, "{outcome}");
        assert!(outcome.stdout.contains("lib/my_plugin.py\", line 8, in initialize"), "{outcome}");
        assert!(outcome.stdout.contains("ValueError: no rows"), "{outcome}");
        let filesystem =
            PLUGIN.replace("cursor.execute('set variable prepared = 42')", "cursor.register_filesystem(None)");
        let outcome = with_plugin(sandbox, &filesystem).run(&["run"]);
        assert!(outcome.stdout.contains("A plugin's connection has no `register_filesystem` in rdbt"), "{outcome}");
    });
}

/// A plugin whose functions take and give values of many types.
const FUNCTIONS: &str = "\
from typing import Optional
from dbt.adapters.duckdb.plugins import BasePlugin


def title(text: str) -> str:
    return text.title()


def or_zero(number: Optional[int]) -> int:
    return 0 if number is None else number


def fails(number: int) -> int:
    raise ValueError(f'not {number}')


def seven() -> int:
    return 7


class Plugin(BasePlugin):
    def initialize(self, plugin_config):
        pass

    def configure_connection(self, conn):
        conn.create_function('title', title)
        conn.create_function('or_zero', or_zero, null_handling='special')
        conn.create_function('fails', fails)
        conn.create_function('seven', seven, side_effects=True)
        conn.create_function('boxed', lambda n: {'n': n, 'all': [str(n), None]}, ['BIGINT'], 'STRUCT(n HUGEINT, \"all\" VARCHAR[])')
        conn.create_function('half', lambda n: n / 2, ['DECIMAL(10,2)'], 'DECIMAL(10,3)')
        print(conn.execute(\"select title('used at once')\").fetchall())
";

/// Whether the interpreter can make functions, for which DuckDB needs `numpy`.
fn makes_functions(python: &str) -> bool {
    Command::new(python).args(["-c", "import numpy"]).output().is_ok_and(|output| output.status.success())
}

#[test]
fn functions_of_a_plugin_are_called_from_sql() {
    with_python(|sandbox| {
        let sandbox = with_plugin(sandbox, FUNCTIONS)
            .file(
                "models/calls.sql",
                "{{ config(materialized='table') }} select i, title('row ' || i) as title, or_zero(nullif(i, 1)) as zero, \
                 title(null) as none, boxed(i) as boxed, half(i::decimal(10,2)) as half, seven() as seven from range(5000) t(i)",
            )
            .file("models/seen.sql", "select title('a view') as seen")
            .file("models/below.sql", "{{ config(materialized='table') }} select lower(seen) as seen from {{ ref('seen') }}")
            .file("models/broken.sql", "{{ config(materialized='table') }} select fails(3) as broken");
        let outcome = sandbox.run(&["run", "--threads", "4"]);
        if !interpreter().is_some_and(|python| makes_functions(&python)) {
            assert!(outcome.stdout.contains("'numpy' is required"), "{outcome}");
            return;
        }
        assert_eq!(outcome.code, 1, "{outcome}");
        assert!(outcome.to_string().contains("[('Used At Once',)]"), "{outcome}");
        assert_snapshot!(sandbox.rows("select i, title, zero, none, boxed::varchar, half::varchar, seven from calls where i in (1, 4999)"), @r"
        1 | Row 1 | 0 | null | {'n': 1, 'all': [1, NULL]} | 0.500 | 7
        4999 | Row 4999 | 4999 | null | {'n': 4999, 'all': [4999, NULL]} | 2499.500 | 7
        ");
        assert_snapshot!(sandbox.rows("select count(distinct title), sum(half)::varchar, any_value(typeof(boxed)) from calls"), @r#"5000 | 6248750.000 | STRUCT(n HUGEINT, "all" VARCHAR[])"#);
        assert_snapshot!(sandbox.rows("select seen from below"), @"a view");
        let said = "Invalid Input Error: Python exception occurred while executing the UDF: ValueError: not 3";
        assert!(outcome.stdout.contains(said) && outcome.stdout.contains("lib/my_plugin.py(14): fails"), "{outcome}");
        assert!(!outcome.stdout.contains("<rdbt>"), "{outcome}");
    });
}
