//! User-defined functions on a real database: when they are built, their overloads, and what dbt's own statement comes to.
//! Recorded from dbt 1.12.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

const FUNCTIONS: &str = "functions:
  - {name: plus_one, description: adds one, arguments: [{name: x, data_type: int}], returns: {data_type: int}}
  - {name: joined, arguments: [{name: a, data_type: varchar}, {name: b, data_type: varchar}], returns: {data_type: varchar}}
  - {name: doubled_sum, arguments: [{name: x, data_type: int}], returns: {data_type: int}}
  - {name: calling, arguments: [{name: x, data_type: int}], returns: {data_type: int}}
  - {name: defaulted, config: {volatility: deterministic}, arguments: [{name: x, data_type: int}, {name: y, data_type: int, default_value: 10}], returns: {data_type: bigint}}
  - {name: elsewhere, config: {schema: other, alias: renamed}, arguments: [{name: x, data_type: int}], returns: {data_type: int}}
";

/// What dbt has for every adapter, DuckDB does not parse, so that a project brings DuckDB's statement.
const OWN_STATEMENT: &str = "{% macro duckdb__scalar_function_sql(target) %}
  {%- set names = [] -%}
  {%- for argument in model.arguments -%}
    {%- set default = argument.get('default_value') -%}
    {%- do names.append(argument.name if default is none else argument.name ~ ' := ' ~ default) -%}
  {%- endfor %}
  create or replace macro {{ target.render() }} ({{ names | join(', ') }}) as
  (cast(({{ model.compiled_code }}
  ) as {{ model.returns.data_type }}))
{% endmacro %}";

#[test]
fn functions_are_built_before_what_calls_them() {
    let sandbox = Sandbox::new()
        .project()
        .file("macros/statement.sql", OWN_STATEMENT)
        .file("functions/functions.yml", FUNCTIONS)
        .file("functions/plus_one.sql", "x + 1")
        .file("functions/joined.sql", "a || '-' || b")
        .file("functions/doubled_sum.sql", "sum(x) * 2")
        .file("functions/calling.sql", "{{ function('plus_one') }}(x) * 2")
        .file("functions/defaulted.sql", "x + y -- a comment ends it")
        .file("functions/elsewhere.sql", "x * 100")
        .file(
            "models/m.sql",
            "{{ config(materialized='table') }} select {{ function('plus_one') }}(1) as a, {{ function('joined') }}('x', 'y') as b,
             {{ function('calling') }}(3) as c, {{ function('elsewhere') }}(2) as e, typeof({{ function('defaulted') }}(1)) as d",
        )
        .file("models/n.sql", "{{ config(materialized='table') }} select {{ function('doubled_sum') }}(range) as s from range(4)");
    let outcome = sandbox.run(&["build"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 8 START function main.defaulted ........................................... [RUN]
    1 of 8 OK created function main.defaulted ...................................... [SUCCESS in N.NNs]
    2 of 8 START function main.doubled_sum ......................................... [RUN]
    2 of 8 OK created function main.doubled_sum .................................... [SUCCESS in N.NNs]
    3 of 8 START function main_other.renamed ....................................... [RUN]
    3 of 8 OK created function main_other.renamed .................................. [SUCCESS in N.NNs]
    4 of 8 START function main.joined .............................................. [RUN]
    4 of 8 OK created function main.joined ......................................... [SUCCESS in N.NNs]
    5 of 8 START function main.plus_one ............................................ [RUN]
    5 of 8 OK created function main.plus_one ....................................... [SUCCESS in N.NNs]
    6 of 8 START sql table model main.n ............................................ [RUN]
    6 of 8 OK created sql table model main.n ....................................... [OK in N.NNs]
    7 of 8 START function main.calling ............................................. [RUN]
    7 of 8 OK created function main.calling ........................................ [SUCCESS in N.NNs]
    8 of 8 START sql table model main.m ............................................ [RUN]
    8 of 8 OK created sql table model main.m ....................................... [OK in N.NNs]
    Finished running 6 functions, 2 table models in TIME (N.NNs).
    Completed successfully
    Done. PASS=8 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=8
    ");
    assert_snapshot!(sandbox.rows("select * from m"), @r"2 | x-y | 8 | 200 | BIGINT");
    assert_snapshot!(
        sandbox.rows("select schema_name, function_name, function_type, macro_definition from duckdb_functions() where not internal order by all"),
        @r"
        main | calling | macro | CAST((a.main.plus_one(x) * 2) AS INTEGER)
        main | defaulted | macro | CAST((x + y) AS BIGINT)
        main | doubled_sum | macro | CAST((sum(x) * 2) AS INTEGER)
        main | joined | macro | CAST(((a || '-') || b) AS VARCHAR)
        main | plus_one | macro | CAST((x + 1) AS INTEGER)
        main_other | renamed | macro | CAST((x * 100) AS INTEGER)
        "
    );
    let again =
        sandbox.file("functions/plus_one.sql", "x + 10").run(&["build", "--select", "+m", "--exclude", "joined"]);
    assert_eq!(again.code, 0, "{again}");
}

/// A function with two overloads in files of their own; the second depends on a model.
fn overloaded() -> Sandbox {
    Sandbox::new()
        .project()
        .file(
            "macros/statement.sql",
            "{% macro duckdb__scalar_function_sql(target_relation) %}
             create or replace macro {{ target_relation.identifier }}_{{ model.arguments | map(attribute='data_type') | join('_') }}(
             {{ model.arguments | map(attribute='name') | join(', ') }}) as cast({{ model.compiled_code }} as {{ model.returns.data_type }})
             {% endmacro %}",
        )
        .file(
            "functions/functions.yml",
            "functions:
              - name: plus
                arguments: [{name: x, data_type: integer}]
                returns: {data_type: integer}
                overloads:
                  - {defined_in: plus_text, arguments: [{name: x, data_type: text}], returns: {data_type: text}}
                  - {defined_in: plus_two, arguments: [{name: x, data_type: integer}, {name: y, data_type: integer}]}",
        )
        .file("functions/plus.sql", "x + 1")
        .file("functions/plus_text.sql", "x || '{{ var('end', '!') }}'")
        .file("functions/plus_two.sql", "x + y {{ var('typo', 'fromm x') }} + (select id from {{ ref('one') }})")
        .file("models/one.sql", "select 1 as id")
        .file("models/m.sql", "{{ function('plus') }} select 1 as id")
}

#[test]
fn overloads_of_a_function_are_made_after_it() {
    let sandbox = overloaded();
    let outcome = sandbox.run(&["build"]);
    assert_snapshot!(outcome.console(), @r#"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 3 START sql view model main.one ........................................... [RUN]
    1 of 3 OK created sql view model main.one ...................................... [OK in N.NNs]
    2 of 3 START function main.plus ................................................ [RUN]
    Overload 1 of 2 START function plus overload plus_text .................................. [RUN]
    Overload 1 of 2 OK created function plus overload plus_text ............................. [SUCCESS in N.NNs]
    Overload 2 of 2 START function plus overload plus_two ................................... [RUN]
    Overload 2 of 2 ERROR creating function plus overload plus_two: Runtime Error
      Parser Error: syntax error at or near "fromm"
      
      LINE 5:              x, y) as cast(x + y fromm x + (select id from "a"."main"."one") as integer)
                                               ^  [ERROR in N.NNs]
    2 of 3 OK created function main.plus ........................................... [PARTIAL SUCCESS in N.NNs]
    3 of 3 SKIP relation main.m .................................................... [SKIP]
    Finished running 1 function, 2 view models in TIME (N.NNs).
    Completed with 1 partial success and 0 warnings
    Done. PASS=1 WARN=0 ERROR=1 SKIP=1 NO-OP=0 REUSED=0 TOTAL=3
    "#);
    let results = |sandbox: &Sandbox| sandbox.json("target/run_results.json")["results"].to_string();
    assert!(results(&sandbox).contains(r#""overload_results":{"successful":["plus_text"],"failed":["plus_two"]}"#));
    let manifest = sandbox.json("target/manifest.json");
    let function = &manifest["functions"]["function.a.plus"];
    assert_snapshot!(function["depends_on"]["nodes"], @r#"["model.a.one"]"#);
    assert_snapshot!(function["overloads"][0], @r#"{"defined_in":"plus_text","arguments":[{"name":"x","data_type":"text","description":null,"default_value":null}],"returns":{"data_type":"text","description":null},"description":null,"raw_body":"x || '{{ var('end', '!') }}'","compiled_body":"x || '!'"}"#);
    assert!(manifest["functions"]["function.a.plus_text"].is_null());

    let outcome = sandbox.run(&["retry"]);
    let said: Vec<&str> = outcome.stdout.lines().filter(|line| line.starts_with("Overload ")).collect();
    assert!(said[0].starts_with("Overload 1 of 2 SKIP function plus overload plus_text ..."), "{outcome}");
    assert!(said[2].starts_with("Overload 2 of 2 ERROR creating function plus overload plus_two: "), "{outcome}");
    let outcome = sandbox.run(&["build", "--select", "plus", "--vars", "typo: ''"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert!(results(&sandbox).contains(r#""overload_results":{"successful":["plus_text","plus_two"],"failed":[]}"#));
    assert_snapshot!(sandbox.rows("select plus_integer(1), plus_text('a'), plus_integer_integer(1, 2)"), @r"2 | a! | 4");
}

#[test]
fn overloads_belong_to_one_function_and_have_a_file() {
    let refused: String = [
        "- {name: plus, returns: {data_type: int}, overloads: [{defined_in: plus}]}",
        "- {name: plus, returns: {data_type: int}, overloads: [{defined_in: nope}]}",
        "- {name: plus, returns: {data_type: int}, overloads: [{arguments: []}]}",
        "- {name: plus, returns: {data_type: int}, overloads: [plus_text]}",
        "- {name: plus, arguments: []}",
        "- {name: plus, returns: {}}",
        "- {name: plus, returns: {data_type: int}, arguments: [{name: x}]}",
        "- {name: plus_two, returns: {data_type: int}, overloads: [{defined_in: plus_text}]}\n\
         - {name: plus, returns: {data_type: int}, overloads: [{defined_in: plus_text}]}",
    ]
    .iter()
    .map(|entries| {
        let outcome = overloaded().file("functions/functions.yml", &format!("functions:\n{entries}\n")).run(&["ls"]);
        assert_eq!(outcome.code, 2, "{outcome}");
        let said = outcome.stdout.lines().skip_while(|line| !line.contains("Parsing Error")).nth(1).unwrap_or_default();
        format!("{}\n", said.rsplit(" - at path ").next().unwrap_or_default().trim())
    })
    .collect();
    assert_snapshot!(refused, @r"
    Function 'plus' cannot list itself in overloads (defined_in: 'plus').
    Function overload 'nope' (defined_in) not found. Expected a SQL file at functions/nope.sql
    ['overloads'][0]: 'defined_in' is a required property
    ['overloads'][0]: 'plus_text' is not of type 'object'
    []: 'returns' is a required property
    ['returns']: 'data_type' is a required property
    ['arguments'][0]: 'data_type' is a required property
    Function overload 'plus_text' (defined_in) is already used by 'function.a.plus_two'. Each overload file can only belong to one root function.
    ");
}

#[test]
fn functions_of_the_default_statement_fail() {
    let sandbox = Sandbox::new()
        .project()
        .file("functions/functions.yml", "functions: [{name: one, arguments: [], returns: {data_type: int}}]\n")
        .file("functions/one.sql", "1");
    let outcome = sandbox.run(&["build"]);
    assert_snapshot!(outcome.console(), @r#"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 1 START function main.one ................................................. [RUN]
    1 of 1 ERROR creating function main.one ........................................ [ERROR in N.NNs]
    Finished running 1 function in TIME (N.NNs).
    Completed with 1 error, 0 partial successes, and 0 warnings:
    [ERROR]: in function one (functions/one.sql)
      Runtime Error in function one (functions/one.sql)
      Parser Error: syntax error at or near "RETURNS"
      
      LINE 10:     RETURNS int
                   ^
      compiled code at target/compiled/a/functions/one.sql
    Done. PASS=0 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    "#);
}
