//! The parse cache: whatever is done to a project, a parse that remembers comes to what a parse without memory does;
//! and it does remember.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A failing look-up is a failing test.

mod common;

use std::fs;

use common::Sandbox;
use serde_json::Value as Json;

const CACHE: &str = "target/rdbt_renders.cache";

/// A model that has to be rendered, reads a variable and an environment variable, and calls a macro of the project.
fn model(parent: &str, salt: usize) -> String {
    let parent = if parent.is_empty() { String::new() } else { format!("from {{{{ ref('{parent}') }}}}") };
    format!(
        "{{% set columns = ['a', 'b'] %}}\n{{% if var('unit', 'x') == 'y' %}}{{{{ config(tags=[env_var('RDBT_TAG', 'none')]) }}}}{{% \
         endif %}}\nselect {salt} as id {{% for c in columns %}}, {{{{ column(c) }}}}{{% endfor %}} {parent}\n"
    )
}

fn project() -> Sandbox {
    Sandbox::new()
        .project()
        .file("macros/column.sql", "{% macro column(name) %}1 as {{ name }}{% endmacro %}\n")
        .file("models/one.sql", &model("", 1))
        .file("models/two.sql", &model("one", 2))
        .file("models/plain.sql", "select * from {{ ref('two') }}\n")
        .file("models/schema.yml", "models: [{name: one, columns: [{name: id, data_tests: [unique]}]}]\n")
}

/// What differs between any two runs, left out.
fn comparable(value: &mut Json) {
    match value {
        Json::Object(entries) => {
            for key in ["created_at", "generated_at", "invocation_id", "invocation_started_at", "run_started_at"] {
                entries.shift_remove(key);
            }
            entries.values_mut().for_each(comparable);
        }
        Json::Array(items) => items.iter_mut().for_each(comparable),
        _ => {}
    }
}

/// Exit code, what was said, and the manifest.
fn parsed(sandbox: &Sandbox, words: &[&str], target: &str) -> (i32, String, Json) {
    let _ = fs::remove_file(sandbox.here().join(target).join("manifest.json"));
    let outcome = sandbox.run(&[&["parse", "--target-path", target], words].concat());
    let written = fs::read_to_string(sandbox.here().join(target).join("manifest.json")).unwrap_or_default();
    let mut manifest = serde_json::from_str(&written).unwrap_or_default();
    comparable(&mut manifest);
    (outcome.code, outcome.stdout + &outcome.stderr, manifest)
}

/// Runs a command that must succeed; what it said.
fn succeed(sandbox: &Sandbox, words: &[&str]) -> String {
    let outcome = sandbox.run(words);
    assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    outcome.stdout
}

/// How many files the last command remembered and rendered, by its log.
fn counts(sandbox: &Sandbox) -> String {
    let log = sandbox.read("logs/dbt.log");
    let line = log.lines().rev().find(|line| line.contains("Parse cache: ")).unwrap_or_default();
    line.split("Parse cache: ").nth(1).unwrap_or_default().to_owned()
}

#[test]
fn only_what_changed_is_rendered_again() {
    let mut sandbox = project();
    succeed(&sandbox, &["parse"]);
    assert_eq!(counts(&sandbox), "0 files remembered, 2 files rendered");
    let kept = fs::read(sandbox.here().join(CACHE)).unwrap();
    succeed(&sandbox, &["ls"]);
    assert_eq!(counts(&sandbox), "2 files remembered, 0 files rendered");
    assert_eq!(fs::read(sandbox.here().join(CACHE)).unwrap(), kept);

    sandbox = sandbox.file("models/two.sql", &model("one", 3));
    succeed(&sandbox, &["parse"]);
    assert_eq!(counts(&sandbox), "1 files remembered, 1 files rendered");
    succeed(&sandbox, &["parse", "--vars", "unrelated: 1"]);
    assert_eq!(counts(&sandbox), "2 files remembered, 0 files rendered");
    succeed(&sandbox, &["parse", "--vars", "unit: y"]);
    assert_eq!(counts(&sandbox), "0 files remembered, 2 files rendered");
    sandbox = sandbox.env("RDBT_TAG", "night");
    succeed(&sandbox, &["parse", "--vars", "unit: y"]);
    assert_eq!(counts(&sandbox), "0 files remembered, 2 files rendered");
    assert_eq!(sandbox.json("target/manifest.json")["nodes"]["model.a.one"]["tags"], serde_json::json!(["night"]));
    // Neither variable is read where `unit` is not `y`: what was remembered of before still holds.
    succeed(&sandbox, &["parse"]);
    assert_eq!(counts(&sandbox), "2 files remembered, 0 files rendered");

    succeed(&sandbox, &["parse", "--no-partial-parse"]);
    assert_eq!(counts(&sandbox), "0 files remembered, 2 files rendered");
    sandbox = sandbox.file("macros/column.sql", "{% macro column(name) %}2 as {{ name }}{% endmacro %}\n");
    succeed(&sandbox, &["parse"]);
    assert_eq!(counts(&sandbox), "0 files remembered, 2 files rendered");
}

#[test]
fn what_may_be_different_next_time_is_not_remembered() {
    let sandbox = project()
        .file("models/one.sql", "{% do log('said', info=true) %}select 1 as id\n")
        .file(
            "models/two.sql",
            "{% if execute %}{% endif %}select '{{ run_started_at }}' as at, '{{ flags.WHICH }}' as w\n",
        )
        .file("models/three.sql", "select {{ [1, 2] | random }} as id\n");
    for _ in 0..2 {
        assert!(succeed(&sandbox, &["parse"]).contains("said"));
        assert_eq!(counts(&sandbox), "0 files remembered, 3 files rendered");
    }
}

#[test]
fn a_broken_cache_is_made_anew() {
    let sandbox = project();
    succeed(&sandbox, &["parse"]);
    let path = sandbox.here().join(CACHE);
    let whole = fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for broken in [&flipped[..], &whole[..middle], b"", b"rdbt-renders 1\n"] {
        fs::write(&path, broken).unwrap();
        succeed(&sandbox, &["parse"]);
        assert_eq!(counts(&sandbox), "0 files remembered, 2 files rendered");
    }
    succeed(&sandbox, &["parse"]);
    assert_eq!(counts(&sandbox), "2 files remembered, 0 files rendered");
}

/// A generator of numbers that is the same on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// Changes the project at random; gives the words of the next command.
fn edit(sandbox: &Sandbox, dice: &mut Dice) -> Vec<&'static str> {
    let put = |path: &str, content: &str| {
        fs::create_dir_all(sandbox.here().join(path).parent().unwrap()).unwrap();
        fs::write(sandbox.here().join(path), content).unwrap();
    };
    let salt = dice.roll(4);
    let name = ["one", "two", "more", "extra"][dice.roll(4)];
    match dice.roll(9) {
        0 => put(&format!("models/{name}.sql"), &model(["", "one", "two"][dice.roll(3)], salt)),
        1 if matches!(name, "more" | "extra") => {
            drop(fs::remove_file(sandbox.here().join(format!("models/{name}.sql"))))
        }
        2 => put("macros/column.sql", &format!("{{% macro column(name) %}}{salt} as {{{{ name }}}}{{% endmacro %}}\n")),
        3 => {
            put("macros/ref.sql", ["", "{% macro ref(a) %}{{ return(builtins.ref(a)) }}{% endmacro %}\n"][dice.roll(2)])
        }
        4 => put(
            "dbt_project.yml",
            &format!(
                "name: a\nprofile: p\nvars: {{unit: {}}}\nmodels: {{a: {{+schema: s{salt}}}}}\n",
                ["x", "y", "\"{{ 'y' }}\""][dice.roll(3)]
            ),
        ),
        5 => put(
            "models/schema.yml",
            &format!("models: [{{name: one, config: {{tags: [t{salt}]}}}}, {{name: none{salt}}}]\n"),
        ),
        6 => put("models/broken.sql", ["select 1", "{{ nothing(", "{{ ref('no') }}"][dice.roll(3)]),
        7 => drop(fs::remove_file(sandbox.here().join("models/broken.sql"))),
        _ => put("models/clock.sql", "select '{{ modules.datetime.date.today().year }}' as id, {{ var('unit', 1) }}"),
    }
    [vec![], vec!["--vars", "unit: y"], vec!["--vars", "{unit: z, other: 1}"]][dice.roll(3)].clone()
}

#[test]
fn random_edits_come_to_the_same_with_and_without_memory() {
    let sandbox = project();
    let mut dice = Dice(12);
    for step in 0..25 {
        let words = edit(&sandbox, &mut dice);
        let with = parsed(&sandbox, &words, "target");
        let without = parsed(&sandbox, &[&words[..], &["--no-partial-parse"]].concat(), "other");
        assert_eq!(with.0, without.0, "step {step}: {}", with.1);
        assert_eq!(with.1, without.1, "step {step}");
        assert!(with.2 == without.2, "step {step}: the manifests differ");
    }
}
