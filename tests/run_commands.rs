//! `ls`, `compile`, `show`, variables and selection: what they print and what they choose, against dbt.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

/// Two chains of models with tags and a source.
fn project() -> Sandbox {
    Sandbox::new()
        .project()
        .file("seeds/raw.csv", "id,name\n1,ann\n2,bob\n")
        .file("models/staging/staged.sql", "{{ config(tags=['early']) }} select * from {{ ref('raw') }}")
        .file("models/marts/people.sql", "{{ config(materialized='table') }} select * from {{ ref('staged') }}")
        .file("models/marts/pets.sql", "{{ config(tags=['early', 'pets']) }} select 1 as id")
        .file("models/schema.yml", "models: [{name: staged, columns: [{name: id, data_tests: [unique]}]}]")
}

#[test]
fn ls_names_what_is_selected() {
    let sandbox = project();
    for (words, expected) in [
        (&["ls"][..], "a.marts.people a.marts.pets a.staging.staged a.raw a.unique_staged_id"),
        (&["ls", "--resource-type", "model"], "a.marts.people a.marts.pets a.staging.staged"),
        (&["ls", "--select", "tag:early"], "a.marts.pets a.staging.staged a.unique_staged_id"),
        (&["ls", "--select", "+people", "--exclude", "raw"], "a.marts.people a.staging.staged a.unique_staged_id"),
        (&["ls", "--select", "tag:early,tag:pets"], "a.marts.pets"),
        (&["ls", "--select", "path:models/marts"], "a.marts.people a.marts.pets"),
        (&["ls", "--select", "marts.*"], "a.marts.people a.marts.pets"),
        (&["ls", "--select", "1+people", "--output", "name"], "people staged unique_staged_id"),
        (&["ls", "--select", "config.materialized:table", "--output", "path"], "models/marts/people.sql"),
        (&["ls", "--select", "test_name:unique"], "a.unique_staged_id"),
    ] {
        let outcome = sandbox.run(&[&["--quiet"], words].concat());
        assert_eq!(outcome.stdout.split_whitespace().collect::<Vec<_>>().join(" "), expected, "{words:?}");
        assert_eq!(outcome.code, 0, "{words:?}");
    }
}

#[test]
fn ls_writes_json() {
    let outcome = project().run(&[
        "--quiet",
        "ls",
        "--select",
        "people",
        "--output",
        "json",
        "--output-keys",
        "name resource_type depends_on tags",
    ]);
    assert_snapshot!(outcome.stdout, @r#"{"name": "people", "resource_type": "model", "depends_on": {"macros": [], "nodes": ["model.a.staged"]}, "tags": []}"#);
}

#[test]
fn compile_prints_and_writes_sql() {
    let sandbox = project();
    let outcome = sandbox.run(&["compile", "--select", "people"]);
    assert_snapshot!(outcome.console(), @r#"
    exit code 0
    Concurrency: 1 threads (target='dev')
    Compiled node 'people' is:
     select * from "a"."main"."staged"
    "#);
    assert_snapshot!(sandbox.read("target/compiled/a/models/marts/people.sql"), @r#" select * from "a"."main"."staged""#);
    let outcome = sandbox.run(&["compile", "--inline", "select * from {{ ref('staged') }} -- {{ 1 + 1 }}"]);
    assert_snapshot!(outcome.console(), @r#"
    exit code 0
    Concurrency: 1 threads (target='dev')
    Compiled inline node is:
    select * from "a"."main"."staged" -- 2
    "#);
    let outcome = sandbox.run(&["--quiet", "compile", "--inline", "{{ ref('pets') }}", "--output", "json"]);
    assert_snapshot!(outcome.console(), @r#"
    exit code 0
    {
      "compiled": "\"a\".\"main\".\"pets\""
    }
    "#);
}

#[test]
fn show_prints_rows() {
    let sandbox = project();
    sandbox.run(&["build"]);
    assert_snapshot!(sandbox.run(&["show", "--select", "people"]).console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    Previewing node 'people':
    | id | name |
    | -- | ---- |
    |  1 | ann  |
    |  2 | bob  |
    ");
    let outcome = sandbox.run(&[
        "show",
        "--inline",
        "select id, upper(name) as loud from {{ ref('raw') }} order by id",
        "--limit",
        "1",
    ]);
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    Previewing inline node:
    | id | loud |
    | -- | ---- |
    |  1 | ANN  |
    ");
    let outcome =
        sandbox.run(&["--quiet", "show", "--inline", "select 1 as a, null as b, 'x' as c", "--output", "json"]);
    assert_snapshot!(outcome.console(), @r#"
    exit code 0
    {
      "show": [
        {
          "a": 1,
          "b": null,
          "c": "x"
        }
      ]
    }
    "#);
}

#[test]
fn vars_are_yaml_json_or_pairs() {
    let sandbox = Sandbox::new().project().file("dbt_project.yml", "name: a\nprofile: p\nvars: {year: 2025, list: [1]}\n").file(
        "models/one.sql",
        "select '{{ var('year') + 1 }}' as year, '{{ var('list') | tojson }}' as list, '{{ var('other', 'unset') }}' as other",
    );
    for (words, expected) in [
        (&[][..], "2026 | [1] | unset\n"),
        (&["--vars", "year: 2030"], "2031 | [1] | unset\n"),
        (&["--vars", "{year: 2030, list: [2, {a: b}]}"], "2031 | [2, {\"a\": \"b\"}] | unset\n"),
        (&["--vars", "{\"year\": 2030, \"other\": \"on\"}"], "2031 | [1] | on\n"),
    ] {
        let outcome = sandbox.run(&[&["run"], words].concat());
        assert_eq!(outcome.code, 0, "{outcome}");
        assert_eq!(sandbox.rows("select * from one"), expected, "{words:?}");
    }
}

#[test]
fn run_selects_parents_and_children() {
    let sandbox = project();
    sandbox.run(&["seed"]);
    let outcome = sandbox.run(&["run", "--select", "+people"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 2 START sql view model main.staged ........................................ [RUN]
    1 of 2 OK created sql view model main.staged ................................... [OK in N.NNs]
    2 of 2 START sql table model main.people ....................................... [RUN]
    2 of 2 OK created sql table model main.people .................................. [OK in N.NNs]
    Finished running 1 table model, 1 view model in TIME (N.NNs).
    Completed successfully
    Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    sandbox.run(&["build", "--select", "raw+", "--exclude", "people"]);
    assert_snapshot!(sandbox.statuses(), @r"
    seed raw: success
    model staged: success
    test unique_staged_id: pass
    ");
}

#[test]
fn a_selector_of_the_project() {
    let sandbox = project().file(
        "selectors.yml",
        "selectors:
  - name: nightly
    definition:
      union:
        - {method: tag, value: pets}
        - {method: fqn, value: people, parents: true}
        - exclude: [{method: resource_type, value: seed}]
",
    );
    let outcome = sandbox.run(&["--quiet", "ls", "--selector", "nightly"]);
    assert_snapshot!(outcome.stdout, @r"
    a.marts.people
    a.marts.pets
    a.staging.staged
    a.unique_staged_id
    ");
}

#[test]
fn nothing_selected_is_no_failure() {
    let sandbox = project();
    for command in ["run", "build", "test", "seed", "ls", "compile", "snapshot"] {
        let outcome = sandbox.run(&[command, "--select", "nope"]);
        assert_eq!(outcome.code, 0, "{outcome}");
        let warning = "The selection criterion 'nope' does not match any enabled nodes";
        assert!(outcome.stdout.contains(warning), "{outcome}");
    }
}

/// A seed, an ephemeral model on it and a model on that.
fn ephemeral_project() -> Sandbox {
    Sandbox::new()
        .project()
        .file("seeds/raw.csv", "id,name\n1,a\n2,b\n3,c\n")
        .file("models/e.sql", "{{ config(materialized='ephemeral') }}select * from {{ ref('raw') }}")
        .file("models/f.sql", "select * from {{ ref('e') }}")
}

#[test]
fn a_direct_query_goes_to_the_database_as_it_is() {
    let sandbox = ephemeral_project();
    assert_eq!(sandbox.run(&["seed"]).code, 0);
    // Nothing is parsed: the project may be broken.
    let sandbox = sandbox.file("models/broken.sql", "{{ no_end");
    assert_snapshot!(sandbox.run(&["show", "--inline-direct", "select * from main.raw", "--limit", "2"]).console(), @r"
    exit code 0
    Previewing inline node:
    | id | name |
    | -- | ---- |
    |  1 | a    |
    |  2 | b    |
    ");
    assert_snapshot!(sandbox.run(&["show", "--inline-direct", "select {{ 1 }}"]).console(), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Parser Error: syntax error at or near "{"
      
      LINE 1: select {{ 1 }}
                      ^
    "#);
    let json = sandbox.run(&["-q", "show", "--inline-direct", "select 1 as a", "--output", "json"]);
    assert_eq!(json.stdout.split_whitespace().collect::<String>(), r#"{"show":[{"a":1}]}"#);
}

#[test]
fn an_operation_can_be_a_statement() {
    let sandbox = ephemeral_project();
    assert_eq!(sandbox.run(&["seed"]).code, 0);
    assert_snapshot!(sandbox.run(&["run-operation", "--sql", "select * from {{ ref('raw') }}"]).console(), @r"
    exit code 0
    1 of 1 START executing inline_query ............................................ [RUN]
    1 of 1 OK executed inline_query ................................................ [OK in N.NNs]
    ");
    let results = sandbox.json("target/run_results.json");
    assert_eq!(results["results"][0]["unique_id"], "sql_operation.a.inline_query");
    assert_eq!(results["args"]["sql"], "select * from {{ ref('raw') }}");
    assert_snapshot!(sandbox.run(&["run-operation", "--sql", "selec 1"]).console(), @r#"
    exit code 1
    1 of 1 START executing inline_query ............................................ [RUN]
    [ERROR]: Encountered an error while running operation: Runtime Error
      Parser Error: syntax error at or near "selec"
      
      LINE 2: selec 1
              ^
    1 of 1 ERROR executing inline_query ............................................ [ERROR in N.NNs]
    "#);
    let refused = |words: &[&str]| sandbox.run(&[&["run-operation"], words].concat()).console();
    assert!(
        refused(&["m", "--sql", "select 1"]).contains("Cannot specify both a macro name and --sql for run-operation")
    );
    assert!(refused(&["--sql", "select 1", "--args", "{a: 1}"]).contains("--args cannot be used with --sql"));
}

#[test]
fn ephemeral_models_can_be_left_out_of_compiled_sql() {
    let sandbox = ephemeral_project();
    let compiled = sandbox.run(&["-q", "compile", "-s", "f", "--no-inject-ephemeral-ctes"]);
    assert_eq!(compiled.stdout.trim(), "select * from __dbt__cte__e");
    assert!(!sandbox.files().contains(&"target/compiled/a/models/f.sql".to_owned()));
}

#[test]
fn models_of_ls_exclude_other_selections() {
    let sandbox = ephemeral_project();
    assert_snapshot!(sandbox.run(&["-q", "ls", "-m", "f", "-s", "raw"]).console(), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      "models" and "select" are mutually exclusive arguments
    "#);
    assert_snapshot!(sandbox.run(&["-q", "ls", "-m", "f", "--resource-type", "test"]).console(), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      "models" and "resource_type" are mutually exclusive arguments
    "#);
}

#[test]
fn the_manifest_is_there_when_a_command_breaks_off() {
    let sandbox = ephemeral_project();
    let breaks_off: [&[&str]; 4] =
        [&["show"], &["run-operation"], &["ls", "-s", "nosuch:x"], &["compile", "--inline", "{{ ref('no') }}"]];
    for words in breaks_off {
        let outcome = sandbox.run(words);
        assert_eq!(outcome.code, 2, "{outcome}");
        let manifest = sandbox.json("target/manifest.json");
        assert!(manifest["nodes"]["model.a.f"]["compiled_code"].is_null(), "{words:?}");
        std::fs::remove_file(sandbox.here().join("target/manifest.json")).unwrap();
    }
}

#[test]
fn operations_that_do_not_exist() {
    let sandbox = ephemeral_project();
    assert_snapshot!(sandbox.run(&["run-operation", "nosuch"]).console(), @r#"
    exit code 2
    [ERROR]: Encountered an error while running operation: Runtime Error
      dbt could not find a macro with the name "nosuch" in any package
    [ERROR]: Encountered an error:
    Compilation Error
      dbt could not find a macro with the name 'nosuch' in any package. This can happen when calling a macro that does not exist. Check for typos and/or install package dependencies with "dbt deps".
    "#);
    assert_snapshot!(sandbox.run(&["run-operation", "dbt.nosuch"]).console(), @r#"
    exit code 2
    [ERROR]: Encountered an error while running operation: Runtime Error
      dbt could not find a macro with the name "nosuch" in the "dbt" package
    [ERROR]: Encountered an error:
    Compilation Error
      dbt could not find a macro with the name 'nosuch' in any package. This can happen when calling a macro that does not exist. Check for typos and/or install package dependencies with "dbt deps".
    "#);
}

#[test]
fn an_option_that_does_nothing_says_so() {
    let sandbox = ephemeral_project();
    let said = sandbox.run(&["ls", "--no-static-parser", "-s", "raw"]).stdout;
    let expected =
        "--static-parser is accepted and does nothing: what can be read off a template without rendering it always is.";
    assert_eq!(said.matches(expected).count(), 1, "{said}");
    assert!(!sandbox.run(&["ls", "-s", "raw"]).stdout.contains("does nothing"));
}

/// What real dbt compiles these texts to, which call nothing but `ref`, `source`, `config` and `var`.
#[test]
fn plain_texts_compile_to_what_dbt_makes_of_them() {
    let texts = [
        ("a", "select 1 as id", "select 1 as id"),
        (
            "trim",
            "{{- config(tags=['x']) -}}\n\n  select *\n  from {{- ref('a') -}}\n  where true\n\n",
            "select *\n  fromMAIN.\"a\"where true",
        ),
        ("ends", "select * from {{ ref('a') }}\n\n\n", "select * from MAIN.\"a\""),
        (
            "crlf",
            "select *\r\nfrom {{ ref('a') }}\r\nwhere 'a\r\nb' = ''\r\n",
            "select *\nfrom MAIN.\"a\"\nwhere 'a\nb' = ''",
        ),
        (
            "comment",
            "{# {{ ref('nothing') }} #}\nselect {#- x -#} 1 as id, '{' as b, '}}' as c -- {{ ref('a') }}\n",
            "\nselect1 as id, '{' as b, '}}' as c -- MAIN.\"a\"",
        ),
        ("source", "select * from {{ source('s', 'a') }} {{ ref('a', 'a') }}\n", "select * from MAIN.\"a\" MAIN.\"a\""),
        ("eph", "{{ config(materialized='ephemeral') }}\nselect 1 as id\n", "\nselect 1 as id"),
        (
            "uses",
            "with x as (select 1) select * from {{ ref('eph') }}, x\n",
            "with  __dbt__cte__eph as (\n\nselect 1 as id\n), x as (select 1) select * from __dbt__cte__eph, x",
        ),
        ("letters", "select 'ä€\t' as x from {{ref(\"a\")}}", "select 'ä€\t' as x from MAIN.\"a\""),
    ];
    let project =
        Sandbox::new().project().file("models/s.yml", "sources: [{name: s, schema: main, tables: [{name: a}]}]\n");
    let project =
        texts.iter().fold(project, |project, (name, text, _)| project.file(&format!("models/{name}.sql"), text));
    let outcome = project.run(&["compile"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    for (name, _, wanted) in texts {
        let compiled = project.read(&format!("target/compiled/a/models/{name}.sql"));
        assert_eq!(compiled.replace("\"a\".\"main\"", "MAIN"), wanted, "{name}");
    }
}
