//! Unit tests: fixtures in place of inputs, overrides, the difference that a failure shows, and the model that a
//! failure holds back.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;

/// A seed, an incremental model on it, and a unit test of the model's incremental run that passes.
fn shop() -> Sandbox {
    Sandbox::new()
        .project()
        .file("seeds/raw.csv", "id,name\n1,a\n2,b\n")
        .file(
            "models/known.sql",
            "{{ config(materialized='incremental') }} select id, upper(name) as name, '{{ var(\"mark\", \"-\") }}' as mark \
             from {{ ref('raw') }} {% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}",
        )
        .file(
            "models/schema.yml",
            "unit_tests:
  - name: adds_what_is_new
    model: known
    overrides:
      macros: {is_incremental: true}
      vars: {mark: x}
    given:
      - input: ref('raw')
        format: csv
        rows: |
          id,name
          1,one
          2,two
      - input: this
        rows: [{id: 1}]
    expect:
      rows: [{id: 2, name: TWO, mark: x}]
",
        )
}

#[test]
fn inputs_and_overrides_stand_for_the_real_thing() {
    let sandbox = shop();
    // The columns of `this` come from the model's table, which has to be there.
    assert_eq!(sandbox.run(&["build", "--exclude", "resource_type:unit_test"]).code, 0);
    let outcome = sandbox.run(&["build"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert!(outcome.stdout.contains("PASS known::adds_what_is_new"), "{outcome}");
    let compiled = sandbox.read("target/compiled/a/models/schema.yml/models/adds_what_is_new.sql");
    assert!(compiled.trim_start().starts_with("with __dbt__cte__known as ("), "{compiled}");
    assert!(compiled.contains("),  __dbt__cte__raw as ("), "{compiled}");
}

#[test]
fn a_failure_shows_the_difference_and_holds_back_the_model() {
    let sandbox = shop().file(
        "models/schema.yml",
        "unit_tests:
  - name: wrong
    model: known
    overrides:
      macros: {is_incremental: false}
    given:
      - input: ref('raw')
        rows: [{id: 1, name: one}, {id: 2, name: two}, {id: 3, name: three}]
    expect:
      rows: [{id: 1, name: ONE}, {id: 2, name: TWO!}]
",
    );
    let outcome = sandbox.run(&["--no-use-colors", "build"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    assert!(outcome.stdout.contains("FAIL 1 known::wrong"), "{outcome}");
    assert!(outcome.stdout.contains("SKIP relation main.known"), "{outcome}");
    let results = sandbox.json("target/run_results.json");
    let failed = results["results"].as_array().unwrap().iter().find(|result| result["status"] == "fail").unwrap();
    assert_eq!(
        failed["message"],
        "\n\nactual differs from expected:\n\n@@ ,id,name\r\n   ,1 ,ONE\r\n\u{2192}  ,2 ,TWO!\u{2192}TWO\r\n+++,3 ,THREE\r\n\n"
    );
}

#[test]
fn a_fixture_may_not_name_unknown_columns() {
    let sandbox = shop().file(
        "models/schema.yml",
        "unit_tests:
  - name: unknown
    model: known
    overrides:
      macros: {is_incremental: false}
    given:
      - input: ref('raw')
        rows: [{id: 1, nom: one}]
    expect:
      rows: []
",
    );
    let outcome = sandbox.run(&["build"]);
    assert!(
        outcome.stdout.contains(
            "Compilation Error in model raw (models/schema.yml)\n  Invalid column name: 'nom' in unit test fixture for \
             'raw'.\n  Accepted columns for 'raw' are: ['id', 'name']\n"
        ),
        "{outcome}"
    );
}

#[test]
fn definitions_are_checked() {
    let complaint = |definition: &str| {
        let sandbox = shop().file("models/schema.yml", &format!("unit_tests: [{definition}]\n"));
        let outcome = sandbox.run(&["parse"]);
        assert_eq!(outcome.code, 2, "{outcome}");
        let line = outcome.stdout.lines().find(|line| line.contains("Invalid unit_tests config")).unwrap_or_default();
        line.split_once(" - at path ").map(|(_, complaint)| complaint.to_owned()).unwrap_or_default()
    };
    let test = |given: &str, rest: &str| complaint(&format!("{{name: x, model: known, given: {given}, {rest}}}"));
    let input = |text: &str| test(&format!("[{{{text}}}]"), "expect: {rows: []}");
    assert_eq!(test("[]", "expect: {}, foo: 1"), "[]: Additional properties are not allowed ('foo' was unexpected)");
    assert_eq!(
        input("input: ref('raw'), rows: [], foo: 1, bar: 2"),
        "['given'][0]: Additional properties are not allowed ('bar', 'foo' were unexpected)"
    );
    assert_eq!(input("rows: []"), "['given'][0]: 'input' is a required property");
    assert_eq!(input("input: this, format: xml"), "['given'][0]['format']: 'xml' is not one of ['csv', 'dict', 'sql']");
    assert_eq!(input("input: this, rows: 3"), "['given'][0]['rows']: 3 is not valid under any of the given schemas");
    assert_eq!(
        test("[]", "expect: {rows: [], foo: 1}"),
        "['expect']: Additional properties are not allowed ('foo' was unexpected)"
    );
    let no_schema = "{'foo': 1} is not valid under any of the given schemas";
    assert_eq!(test("[]", "expect: {}, overrides: {foo: 1}"), format!("['overrides']: {no_schema}"));
    assert_eq!(test("[]", "expect: {}, versions: {foo: 1}"), format!("['versions']: {no_schema}"));
    assert_eq!(complaint("{name: x, model: known, expect: {}}"), "[]: 'given' is a required property");
}
