//! Behaviour flags of `dbt_project.yml`: what each changes. Expectations were recorded from dbt 1.12.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Outcome, Sandbox};

fn project(flags: &str) -> Sandbox {
    Sandbox::new()
        .project()
        .file("dbt_project.yml", &format!("name: a\nprofile: p\nflags: {{{flags}}}\n"))
        .file("models/a.sql", "select 1 as id")
        .file("models/b.sql", "select * from {{ ref('a') }}")
}

/// What was said, without what every command says.
fn said(outcome: &Outcome) -> String {
    let usual = ["Running with dbt=", "Registered adapter:", "Unable to do partial parsing", "Performance info:"];
    let is_usual = |line: &str| usual.iter().any(|start| line.starts_with(start)) || line.ends_with(" macros");
    let lines = outcome.stdout.lines().filter(|line| !is_usual(line));
    lines.map(str::trim_end).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn files_may_end_in_jinja() {
    let files = |flags: &str| {
        project(flags)
            .file("models/c.sql.jinja", "{{ config(materialized='table') }} select {{ one() }} as id")
            .file("models/d.sql.j2", "select 1 as id")
            .file("models/e.py.jinja", "no model")
            .file("models/s.yml", "models: [{name: c, description: \"{{ doc('c') }}\"}]")
            .file("models/c.md.jinja2", "{% docs c %}third{% enddocs %}")
            .file("macros/one.sql.jinja2", "{% macro one() %}1{% endmacro %}")
            .file("seeds/f.csv.jinja", "id\n1\n")
    };
    let sandbox = files("allow_jinja_file_extensions: true");
    let listed = sandbox.run(&["ls", "--output", "path"]);
    assert_eq!(said(&listed), "models/a.sql\nmodels/b.sql\nmodels/c.sql.jinja\nmodels/d.sql.j2");
    assert_eq!(sandbox.run(&["build"]).code, 0);
    let manifest = sandbox.json("target/manifest.json");
    let node = &manifest["nodes"]["model.a.c"];
    assert_eq!(node["description"], "third");
    assert_eq!(node["compiled_path"], "target/compiled/a/models/c.sql.jinja");

    let outcome = files("allow_jinja_file_extensions: false").run(&["ls"]);
    assert!(said(&outcome).ends_with("\na.a\na.b"), "{outcome}");
}

#[test]
fn a_model_and_a_seed_of_one_name() {
    let warned = project("").file("seeds/a.csv", "id\n1\n").run(&["parse"]);
    let relations = "[ERROR]: Encountered an error:
Compilation Error
  dbt found two resources with the database representation \"\"a\".\"main\".\"a\"\".
  dbt cannot create two resources with identical database representations. To fix this,
  change the configuration of one of these resources:
  - model.a.a (models/a.sql)
  - seed.a.a (seeds/a.csv)";
    assert!(
        said(&warned).contains("Found resources with the same name 'a' in package 'a': 'model.a.a' and"),
        "{warned}"
    );
    assert!(said(&warned).contains(relations), "{warned}");

    let refused = project("require_unique_project_resource_names: true").file("seeds/a.csv", "id\n1\n").run(&["parse"]);
    assert_eq!(
        said(&refused),
        "[ERROR]: Encountered an error:
Compilation Error
  dbt found two resources with the name \"a\".
  Since these resources have the same name, dbt will be unable to find the correct resource
  when looking for ref(\"a\").
  To fix this, change the name of one of these resources:
  - model.a.a (models/a.sql)
  - seed.a.a (seeds/a.csv)"
    );
    assert_eq!((warned.code, refused.code), (2, 2));
}

#[test]
fn warnings_of_the_parser_may_be_errors_together() {
    let yaml = "models: [{name: first}, {name: second}]";
    let one = project("").file("models/s.yml", yaml).run(&["--warn-error", "parse"]);
    let all = project("enable_grouped_warn_error_parser_logs: true").file("models/s.yml", yaml);
    let patch = |name: &str| {
        format!(
            "  [WARNING]: Did not find matching node for patch with name '{name}' in the 'models' section of file 'models/s.yml'"
        )
    };
    let head = "[ERROR]: Encountered an error:\nCompilation Error";
    assert_eq!(said(&one), format!("{head}\n{}", patch("first")));
    let outcome = all.run(&["--warn-error", "parse"]);
    assert_eq!(said(&outcome), format!("{head}\n{}\n{}", patch("first"), patch("second")));
    assert_eq!(all.run(&["parse"]).code, 0);
}

#[test]
fn older_projects_have_fewer_errors_of_warnings() {
    let yaml = "sources: [{name: s, tables: [{name: t, freshness: {warn_after: {count: 1, period: day}}}]}]";
    let codes = |flags: &str| {
        let sandbox = project(flags).file("models/s.yml", yaml);
        [["--warn-error", "parse"], ["--warn-error", "ls"]].map(|words| sandbox.run(&words).code)
    };
    assert_eq!(codes("require_all_warnings_handled_by_warn_error: false"), [0, 0]);
    assert_eq!(codes(""), [2, 2]);
}

#[test]
fn a_reference_without_a_version_tells_of_a_prerelease() {
    let sandbox = project("")
        .file("models/v_v1.sql", "select 1 as id")
        .file("models/v_v2.sql", "select 2 as id")
        .file("models/s.yml", "models: [{name: v, latest_version: 1, versions: [{v: 1}, {v: 2}]}]")
        .file("models/c.sql", "select * from {{ ref('v') }} union all select * from {{ ref('v', v=1) }}");
    let outcome = sandbox.run(&["compile", "-s", "c"]);
    let told = "While compiling 'c':
Found an unpinned reference to versioned model 'v' in project 'a'.
Resolving to latest version: v.v1
A prerelease version 2 is available. It has not yet been marked 'latest' by its maintainer.
When that happens, this reference will resolve to v.v2 instead.
  Try out v2: {{ ref('a', 'v', v='2') }}
  Pin to  v1: {{ ref('a', 'v', v='1') }}";
    assert!(said(&outcome).contains(told), "{outcome}");
    assert_eq!(outcome.stdout.matches("While compiling").count(), 1);
    assert!(!sandbox.run(&["parse"]).stdout.contains("While compiling"));
}
