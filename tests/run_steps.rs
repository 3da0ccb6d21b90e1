//! `--for`: a command that runs for one value after another. dbt has no such thing; what holds here is that the steps
//! leave what single commands leave.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use std::path::Path;

use common::Sandbox;
use serde_json::{Value as Json, json};

/// A ledger that grows by a row a year, of what a seed, a view of the year and the ledger's past say.
fn ledger() -> Sandbox {
    Sandbox::new()
        .project()
        .file("dbt_project.yml", "name: a\nprofile: p\nvars: {year: 1, broken: 0, start: 1}\n")
        .file("seeds/rates.csv", "year,rate\n1,10\n2,20\n3,30\n")
        .file("models/plain.sql", "{{ config(materialized='table') }}select 7 as seven")
        .file("models/this_year.sql", "select rate, {{ var('year') }} as year from {{ ref('rates') }} where year = {{ var('year') }}")
        .file(
            "models/ledger.sql",
            "{{ config(materialized='incremental') }}\n\
             select year, rate{% if is_incremental() %} + (select max(total) from {{ this }}){% endif %} as total\n\
             from {{ ref('this_year') }}",
        )
        .file(
            "models/fragile.sql",
            "{{ config(materialized='table') }}select {{ 'nope' if var('year') == var('broken') else 1 }} as x from {{ ref('ledger') }}",
        )
        .file("models/after.sql", "{{ config(materialized='table') }}select * from {{ ref('fragile') }}")
        .file(
            "models/schema.yml",
            "models:\n  - name: ledger\n    columns:\n      - {name: year, data_tests: [unique]}\n",
        )
        .file(
            "snapshots/s.sql",
            "{% snapshot s %}{{ config(unique_key='k', strategy='check', check_cols='all') }}\n\
             select 1 as k, {{ var('year') }} as year{% endsnapshot %}",
        )
}

fn step_statuses(sandbox: &Sandbox) -> Vec<String> {
    let summary = sandbox.json("target/for/summary.json");
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let steps = summary["steps"].as_array().unwrap().iter();
    steps.map(|step| format!("{} {}", text(&step["folder"]), text(&step["status"]))).collect()
}

#[test]
fn steps_leave_what_single_commands_leave() {
    let (steps, singles) = (ledger(), ledger());
    let outcome = steps.run(&["build", "--for", "year=1..3"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    for year in 1..=3 {
        let outcome = singles.run(&["build", "--vars", &format!("year={year}")]);
        assert_eq!(outcome.code, 0, "{outcome}");
    }
    for query in
        ["from ledger", "from this_year", "from fragile", "select k, year, dbt_valid_to is null from s order by 2"]
    {
        assert_eq!(steps.rows(query), singles.rows(query), "{query}");
    }
    assert_eq!(steps.relations(), singles.relations());
    assert_eq!(steps.rows("from ledger order by all"), "1 | 10\n2 | 30\n3 | 60\n");
    assert_eq!(steps.statuses(), singles.statuses());
    assert_eq!(step_statuses(&steps), ["for/year=1 success", "for/year=2 success", "for/year=3 success"]);
    // The target folder is that of the last command, each step's folder that of its own.
    let below = |sandbox: &Sandbox, folder: &str| -> Vec<String> {
        let all = sandbox.files().into_iter().filter_map(|name| name.strip_prefix(folder).map(str::to_owned));
        // What rdbt keeps for itself is not compared.
        all.filter(|name| !name.starts_with("for/") && !name.ends_with(".cache") && !name.ends_with(".written"))
            .collect()
    };
    assert_eq!(below(&steps, "target/"), below(&singles, "target/"));
    assert_eq!(below(&steps, "target/for/year=2/"), below(&singles, "target/"));
    let manifest = |path: &str| steps.json(path)["nodes"]["model.a.this_year"]["compiled_path"].clone();
    assert_eq!(manifest("target/manifest.json"), json!("target/compiled/a/models/this_year.sql"));
    assert_eq!(manifest("target/for/year=2/manifest.json"), json!("target/for/year=2/compiled/a/models/this_year.sql"));
    assert!(steps.read("target/for/year=2/compiled/a/models/this_year.sql").contains("where year = 2"));
    assert!(steps.read("target/compiled/a/models/this_year.sql").contains("where year = 3"));
    let args = |path: &str| steps.json(path)["args"].clone();
    assert_eq!(args("target/run_results.json")["vars"], json!({"year": 3}));
    assert_eq!(args("target/for/year=1/run_results.json")["vars"], json!({"year": 1}));
    assert!(args("target/run_results.json").get("for").is_none());
}

#[test]
fn artifacts_of_the_last_step_are_those_of_its_command() {
    let (steps, singles) = (ledger(), ledger());
    steps.run(&["build", "--for", "year=1,2"]);
    singles.run(&["build", "--vars", "year=1"]);
    singles.run(&["build", "--vars", "year=2"]);
    let manifest = |sandbox: &Sandbox| {
        let mut manifest = sandbox.json("target/manifest.json");
        for part in ["metadata", "macros"] {
            manifest[part] = Json::Null;
        }
        let text = manifest.to_string().replace(sandbox.here().to_str().unwrap(), "HERE");
        let times = fancy_regex::Regex::new(r#""created_at":[0-9.]+"#).unwrap();
        let names = fancy_regex::Regex::new(r#"__dbt_tmp\d+"#).unwrap();
        names.replace_all(&times.replace_all(&text, ""), "").into_owned()
    };
    assert_eq!(manifest(&steps), manifest(&singles));
}

#[test]
fn the_database_stays_open_between_steps() {
    let sandbox =
        ledger().file("profiles.yml", "p:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: ':memory:'}\n");
    let sandbox = sandbox.file(
        "macros/m.sql",
        "{% macro say() %}{% if execute %}{% set t = run_query('select count(*) from ' ~ ref('ledger')) %}\
         {% do log('rows ' ~ t.columns[0].values()[0], info=true) %}{% endif %}{% endmacro %}",
    );
    let sandbox = sandbox
        .file("dbt_project.yml", "name: a\nprofile: p\nvars: {year: 1, broken: 0}\non-run-end: ['{{ say() }}']\n");
    let outcome = sandbox.run(&["build", "--for", "year=1..3"]);
    let rows: Vec<&str> = outcome.stdout.lines().filter(|line| line.starts_with("rows ")).collect();
    assert_eq!(rows, ["rows 1", "rows 2", "rows 3"], "{outcome}");
}

#[test]
fn a_failure_ends_the_command_and_retry_goes_on_there() {
    let sandbox = ledger();
    let outcome = sandbox.run(&["build", "--for", "year=1..3", "--vars", "broken=2"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    assert_eq!(step_statuses(&sandbox), ["for/year=1 success", "for/year=2 error", "for/year=3 not run"]);
    assert_eq!(sandbox.json("target/for/summary.json")["status"], "error");
    assert_eq!(sandbox.json("target/run_results.json")["args"]["vars"], json!({"broken": 2, "year": 2}));
    let again = sandbox.run(&["retry"]);
    assert_eq!((again.code, step_statuses(&sandbox)[2].as_str()), (1, "for/year=3 not run"), "{again}");
    let mended = sandbox.run(&["retry", "--vars", "broken=0"]);
    assert_eq!(mended.code, 0, "{mended}");
    assert_eq!(step_statuses(&sandbox), ["for/year=1 success", "for/year=2 success", "for/year=3 success"]);
    assert_eq!(sandbox.rows("from ledger order by all"), "1 | 10\n2 | 30\n3 | 60\n");
    let ids = |path: &str| {
        sandbox.json(path)["results"].as_array().unwrap().iter().map(|r| r["unique_id"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids("target/for/year=2/run_results.json"), ["\"model.a.fragile\"", "\"model.a.after\""]);
    assert_eq!(ids("target/for/year=3/run_results.json").len(), 8);
    // A plain command is what retry looks at from then on.
    sandbox.run(&["run", "--vars", "{broken: 1}"]);
    let plain = sandbox.run(&["retry", "--vars", "broken=0"]);
    assert!(!plain.stdout.contains("Step "), "{plain}");
    assert_eq!(sandbox.statuses(), "model fragile: success\nmodel after: success\n");
}

#[test]
fn keep_going_goes_on_and_retry_repeats_what_failed() {
    let sandbox = ledger();
    let outcome =
        sandbox.run(&["run", "--for", "year=1..3", "--keep-going", "--vars", "broken=2", "--exclude", "this_year+"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    sandbox.run(&["seed"]);
    let outcome = sandbox.run(&["run", "--for", "year=1..3", "--keep-going", "--vars", "broken=2"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    assert_eq!(step_statuses(&sandbox), ["for/year=1 success", "for/year=2 error", "for/year=3 success"]);
    let mended = sandbox.run(&["retry", "--vars", "broken=0"]);
    assert_eq!(mended.code, 0, "{mended}");
    assert_eq!(mended.stdout.matches("Step ").count(), 1, "{mended}");
    assert_eq!(sandbox.statuses(), "model fragile: success\nmodel after: success\n");
}

#[test]
fn a_step_that_cannot_run_ends_with_the_code_of_such_a_command() {
    let guard = "name: a\nprofile: p\nvars: {year: 1, broken: 0}\non-run-start: [\"{{ guard() }}\"]\n";
    let sandbox = ledger().file("dbt_project.yml", guard).file(
        "macros/m.sql",
        "{% macro guard() %}{% if execute and var('year') == 2 %}{% do exceptions.raise_compiler_error('no year 2') %}{% endif %}{% endmacro %}",
    );
    let outcome = sandbox.run(&["build", "--for", "year=1..3"]);
    assert_eq!(outcome.code, 2, "{outcome}");
    assert_eq!(step_statuses(&sandbox), ["for/year=1 success", "for/year=2 error", "for/year=3 not run"]);
    assert!(sandbox.json("target/for/summary.json")["steps"][1]["error"].as_str().unwrap().contains("no year 2"));
    let outcome = sandbox.run(&["build", "--for", "year=1..3", "--keep-going", "--full-refresh"]);
    assert_eq!(outcome.code, 2, "{outcome}");
    assert_eq!(step_statuses(&sandbox)[2], "for/year=3 success");
    assert!(outcome.stdout.contains("1 of 3 steps could not run"), "{outcome}");
}

#[test]
fn several_variables_give_every_combination() {
    let sandbox = ledger();
    let outcome = sandbox.run(&["run", "-s", "plain", "--for", "year=1,2", "region=[\"e u\", 'a..b']"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    let steps = ["1,region=e%20u", "1,region=a..b", "2,region=e%20u", "2,region=a..b"];
    assert_eq!(step_statuses(&sandbox), steps.map(|step| format!("for/year={step} success")));
    assert!(outcome.stdout.contains("Step 2 of 4: year=1, region=a..b\n"), "{outcome}");
    assert!(outcome.stdout.contains("declare `region`, the variable of --for"), "{outcome}");
}

#[test]
fn seed_test_and_snapshot_run_over_values_too() {
    let sandbox = ledger();
    for words in [&["seed"][..], &["snapshot"], &["run"], &["test"]] {
        let outcome = sandbox.run(&[words, &["--for", "year=1..2"]].concat());
        assert_eq!(outcome.code, 0, "{outcome}");
        assert_eq!(step_statuses(&sandbox).len(), 2);
    }
    assert_eq!(sandbox.rows("select year, dbt_valid_to is null from s order by 1"), "1 | false\n2 | true\n");
}

#[test]
fn what_is_typed_wrong_changes_nothing() {
    let sandbox = ledger();
    for (words, why) in [
        (&["--for", "year=3..1"][..], "The range 3..1 ends before it begins. Write 1..3"),
        (&["--for", "year=1..x"], "is not a range of whole numbers"),
        (&["--for", "year=1..99999"], "has 99999 values; one command makes at most 10000 runs"),
        (&["--for", "year="], "`year=` has no values"),
        (&["--for", "year"], "is not of the form variable=values"),
        (&["--for", "year=1", "--for", "year=2"], "is given twice"),
        (&["--for", "year=1,2", "--vars", "year=1"], "The variable `year` is given in --for and in --vars."),
        (&["--keep-going"], "--keep-going was given without --for"),
    ] {
        let outcome = sandbox.run(&[&["build"], words].concat());
        assert_eq!(outcome.code, 2, "{outcome}");
        assert!(outcome.stderr.contains(why), "{words:?}: {outcome}");
    }
    assert!(!sandbox.here().join("target").exists() && !sandbox.here().join("a.duckdb").exists());
}

#[test]
fn events_say_which_step_they_belong_to() {
    let sandbox = ledger();
    let outcome = sandbox.run(&["run", "-s", "plain", "--for", "year=1,2", "--log-format", "json"]);
    let lines: Vec<Json> = outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let results: Vec<&Json> = lines.iter().filter(|line| line["info"]["name"] == "LogModelResult").collect();
    let extra = |index: usize| results[index]["info"]["extra"].clone();
    assert_eq!(extra(0), json!({"rdbt_for": "year=1", "rdbt_step": "1/2"}));
    assert_eq!(extra(1), json!({"rdbt_for": "year=2", "rdbt_step": "2/2"}));
    let summary = sandbox.json("target/for/summary.json");
    assert_eq!(results[1]["info"]["invocation_id"], summary["steps"][1]["invocation_id"]);
    assert_ne!(summary["steps"][0]["invocation_id"], summary["steps"][1]["invocation_id"]);
    assert_eq!(lines.last().unwrap()["info"]["extra"], json!({}));
}

#[test]
fn a_database_for_each_value_is_opened_for_each() {
    let profile = "p:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: \"a{{ var('year', 0) }}.duckdb\"}\n";
    let sandbox = ledger().file("profiles.yml", profile);
    let outcome = sandbox.run(&["build", "--for", "year=1..2"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    for (file, expected) in [("a1.duckdb", "1|10"), ("a2.duckdb", "2|20")] {
        let database = duckdb::Connection::open(sandbox.here().join(file)).unwrap();
        let rows: String =
            database.query_row("select string_agg(year || '|' || total) from ledger", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, expected);
    }
}

/// What a value changes in the project itself shows in that step, wherever it is read.
#[test]
fn a_step_is_parsed_anew_where_its_value_changes_the_project() {
    let base = || {
        Sandbox::new()
            .project()
            .file("dbt_project.yml", "name: a\nprofile: p\nvars: {year: 1}\n")
            .file("models/one.sql", "select 1 as x")
            .file("models/two.sql", "select 2 as x")
            .file("models/main.sql", "select {{ var('year') }} as x")
    };
    let taken_over = "Parsed project taken over from the step before";
    let projects: Vec<(&str, Sandbox)> = vec![
        ("same", base()),
        ("configuration", base().file("models/main.sql", "{{ config(materialized='table' if var('year') == 2 else 'view') }}select {{ var('year') }} as x")),
        ("reference", base().file("models/main.sql", "select * from {{ ref('one' if var('year') == 2 else 'two') }}")),
        ("properties", base().file("models/s.yml", "models:\n  - {name: main, config: {enabled: \"{{ var('year') != 2 }}\"}}\n")),
        ("project", base().file("dbt_project.yml", "name: a\nprofile: p\nvars: {year: 1}\nmodels: {a: {+schema: \"y{{ var('year', 0) }}\"}}\n")),
        ("names", base().file("macros/m.sql", "{% macro generate_alias_name(custom_alias_name=none, node=none) %}{{ node.name }}_{{ var('year') }}{% endmacro %}")),
        ("hook", base().file("models/main.sql", "{{ config(post_hook=\"{{ 'select 1' if var('year') == 1 else 'create or replace table hooked as from ' ~ ref('one') }}\") }}select 3 as x")),
        (
            "generic test",
            base()
                .file("tests/generic/t.sql", "{% test t(model, to) %}select * from {{ ref('one' if var('year') == 2 else 'two') }} where x < 0{% endtest %}")
                .file("models/s.yml", "models:\n  - {name: main, data_tests: [{t: {arguments: {to: 1}}}]}\n"),
        ),
        ("argument", base().file("models/s.yml", "models:\n  - {name: main, columns: [{name: x, data_tests: [{accepted_values: {arguments: {values: [\"{{ var('year') }}\"]}}}]}]}\n")),
        ("template", base().file("dbt_project.yml", "name: a\nprofile: p\nvars: {year: 1, deep: \"{{ var('year') }}\"}\n").file("models/main.sql", "select * from {{ ref('one' if var('deep') == '2' else 'two') }}")),
    ];
    for (name, sandbox) in projects {
        let outcome = sandbox.run(&["build", "--for", "year=1..3", "--debug"]);
        assert_eq!(outcome.code, 0, "{name}: {outcome}");
        let count = outcome.stdout.matches(taken_over).count();
        assert_eq!(count, if name == "same" { 2 } else { 0 }, "{name}: {outcome}");
        let step = sandbox.json("target/for/year=2/manifest.json");
        sandbox.run(&["build", "--vars", "year=2"]);
        let single = sandbox.json("target/manifest.json");
        for part in ["nodes", "disabled", "parent_map"] {
            assert_eq!(settled(&step[part]), settled(&single[part]), "{name}: {part}");
        }
    }
}

/// Models that are rendered again in each step because of what they read, by name.
const ANEW: [(&str, &str); 20] = [
    ("variable", "select {{ var('year') }} as x"),
    ("asked", "select {{ 1 if var.has_var('year') else 0 }} as x"),
    ("deep", "select {{ var('deep') }} as x"),
    ("by_macro", "select {{ of_year() }} as x"),
    ("clock", "select '{{ run_started_at }}' as x"),
    ("moment", "select '{{ modules.datetime.datetime.now() }}' as x"),
    ("id", "select '{{ invocation_id }}' as x"),
    ("arguments", "select '{{ invocation_args_dict.vars.year }}' as x"),
    ("chosen", "select {{ selected_resources | length }} as x"),
    ("nodes", "select '{{ graph.nodes['model.a.variable'].compiled_code }}' as x -- {{ ref('variable') }}"),
    (
        "query",
        "select {{ run_query('select count(*) from ' ~ ref('ledger')).columns[0].values()[0] if execute else 0 }} as x -- {{ ref('ledger') }}",
    ),
    ("columns", "select {{ adapter.get_columns_in_relation(ref('wide')) | length }} as x"),
    ("there", "select {{ 1 if adapter.get_relation(this.database, this.schema, 'there') else 0 }} as x"),
    (
        "method",
        "{% set find = adapter.get_relation %}select {{ 1 if find(this.database, this.schema, 'method') else 0 }} as x",
    ),
    ("ledger", "{{ config(materialized='incremental') }}select {{ 1 if is_incremental() else 0 }} as x"),
    ("message", "{% do log('message of ' ~ this.name, info=true) %}select 1 as x"),
    ("configuration", "select {{ adapter.config.vars.to_dict().get('start') }} as x"),
    ("resolver", "select {{ builtins.ref.config.cli_vars.year }} as x"),
    ("everything", "select {{ context['var']('year') }} as x"),
    ("wide", "select 1 as x{% if var('year') > 1 %}, 2 as y{% endif %}"),
];

/// Models that read nothing that a step changes.
const ONCE: [(&str, &str); 6] = [
    ("plain", "select 7 as seven"),
    ("other_variable", "select {{ var('start') }} as x"),
    ("environment", "select '{{ env_var('PLACE') }}' as x"),
    ("flag", "select {{ 1 if flags.FULL_REFRESH else 0 }} as x, '{{ target.name }}' as y, '{{ this }}' as z"),
    ("quoted", "select 1 as {{ adapter.quote('a b') }}, {{ dbt.type_string() | length }} as l"),
    ("on_ephemeral", "select * from {{ ref('inner_one') }}"),
];

fn readers() -> Sandbox {
    let all = ANEW.iter().chain(&ONCE);
    all.fold(Sandbox::new().project(), |sandbox, (name, text)| sandbox.file(&format!("models/{name}.sql"), text))
        .env("PLACE", "here")
        .file("dbt_project.yml", "name: a\nprofile: p\nvars: {year: 1, start: 5, deep: \"{{ var('year') }}\"}\n")
        .file("macros/m.sql", "{% macro of_year() %}{{ var('year') }}{% endmacro %}")
        .file("models/inner_one.sql", "{{ config(materialized='ephemeral') }}select {{ var('year') }} as x")
        .file("models/s.yml", "models:\n  - {name: plain, columns: [{name: seven, data_tests: [not_null]}]}\n")
        .file("tests/singular.sql", "select * from {{ ref('plain') }} where seven < {{ var('year') }}")
}

/// The names of the nodes whose SQL a step took over, by what the debug lines say, with how often.
fn taken_over(outcome: &common::Outcome) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    let lines = outcome.stdout.lines().filter(|line| line.contains("taken over from a step before"));
    for name in lines.filter_map(|line| line.split('"').nth(1)) {
        *counts.entry(name.split('.').nth(2).unwrap().to_owned()).or_default() += 1;
    }
    counts.into_iter().collect()
}

#[test]
fn only_what_reads_nothing_that_changes_is_rendered_once() {
    let (steps, singles) = (readers(), readers());
    let outcome = steps.run(&["build", "--for", "year=1..3", "--debug"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    let mut expected: Vec<(String, usize)> = ONCE.iter().map(|(name, _)| ((*name).to_owned(), 2)).collect();
    expected.push(("not_null_plain_seven".to_owned(), 2));
    expected.sort();
    assert_eq!(taken_over(&outcome), expected, "{outcome}");
    // Once while parsing and once while compiling, as in three commands.
    assert_eq!(outcome.stdout.matches("message of message").count(), 6, "{outcome}");
    for year in 1..=3 {
        let outcome = singles.run(&["build", "--vars", &format!("year={year}")]);
        assert_eq!(outcome.code, 0, "{outcome}");
        let folder = format!("target/for/year={year}/compiled/a/");
        let compiled: Vec<String> = steps.files().into_iter().filter(|name| name.starts_with(&folder)).collect();
        assert_eq!(compiled.len(), ANEW.len() + ONCE.len() + 3, "{compiled:?}");
        for file in &compiled {
            let changes = ["clock", "moment", "id"].iter().any(|name| file.ends_with(&format!("/{name}.sql")));
            let single = singles.read(&format!("target/compiled/a/{}", &file[folder.len()..]));
            assert_eq!(steps.read(file) == single, !changes, "{file}");
        }
    }
    let of_step = |year: usize, name: &str| steps.read(&format!("target/for/year={year}/compiled/a/models/{name}.sql"));
    for name in ["clock", "moment", "id", "nodes", "columns", "there", "method", "on_ephemeral"] {
        assert_ne!(of_step(1, name), of_step(2, name), "{name}");
    }
}

#[test]
fn a_render_holds_while_its_own_variables_do() {
    let sandbox = readers().file("models/variable.sql", "select {{ var('start') }} as x");
    let outcome =
        sandbox.run(&["run", "-s", "variable", "by_macro", "plain", "--for", "start=1,2", "year=1,2", "--debug"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    let counts = [("plain", 3), ("variable", 2)].map(|(name, count)| (name.to_owned(), count));
    assert_eq!(taken_over(&outcome), counts, "{outcome}");
    let compiled = |step: &str| sandbox.read(&format!("target/for/{step}/compiled/a/models/variable.sql"));
    assert_eq!(compiled("start=1,year=2"), "select 1 as x");
    assert_eq!(compiled("start=2,year=1"), "select 2 as x");
}

fn settled(json: &Json) -> String {
    let text = json.to_string().replace("target/for/year=2", "target");
    fancy_regex::Regex::new(r#""created_at":[0-9.]+"#).unwrap().replace_all(&text, "").into_owned()
}

/// The simulation at the root of this repository, without its tests, in both ways.
#[test]
fn the_simulation_comes_to_the_same() {
    let simulation = || {
        let sandbox = Sandbox::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in ["models", "macros", "seeds", "snapshots", "dbt_project.yml", "profiles.yml"] {
            copy(&root.join(name), &sandbox.here().join(name));
        }
        sandbox.env("WORKFORCE_DB", "a.duckdb")
    };
    let (steps, singles) = (simulation(), simulation());
    let words = ["build", "--exclude-resource-types", "test", "unit_test"];
    let outcome =
        steps.run(&[&words[..], &["--for", "simulation_year=2025..2026", "--vars", "dev_employee_limit=200"]].concat());
    assert_eq!(outcome.code, 0, "{outcome}");
    for year in [2025, 2026] {
        let vars = format!("{{simulation_year: {year}, dev_employee_limit: 200}}");
        let outcome = singles.run(&[&words[..], &["--vars", &vars]].concat());
        assert_eq!(outcome.code, 0, "{outcome}");
    }
    let tables = "select table_schema || '.' || table_name from information_schema.tables where table_name not like 'scd%' order by all";
    assert_eq!(steps.relations(), singles.relations());
    for table in steps.rows(tables).lines() {
        let query = format!("select count(*), md5(string_agg(t::text, '' order by t::text)) from {table} as t");
        assert_eq!(steps.rows(&query), singles.rows(&query), "{table}");
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::copy(from, to).unwrap();
    }
}
