//! The parse caches, of single renders and of the whole project: whatever is done to a project, a parse that remembers
//! comes to what a parse without memory does; and it does remember.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A failing look-up is a failing test.

mod common;

use std::fs;

use common::Sandbox;
use serde_json::Value as Json;

const CACHE: &str = "target/rdbt_renders.cache";
const SNAPSHOT: &str = "target/rdbt_manifest.cache";
/// What the log says where the whole project is taken over.
const TAKEN: &str = "nothing has changed, and the project is taken over from the last command";

/// What the log says where some files had to be looked at.
fn taken_but(count: usize) -> String {
    format!("{count} files looked at again, all else is taken over from the last command")
}

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
    for expected in ["2 files remembered, 0 files rendered", TAKEN] {
        succeed(&sandbox, &["ls"]);
        assert_eq!(counts(&sandbox), expected);
    }
    fs::remove_file(sandbox.here().join(SNAPSHOT)).unwrap();
    succeed(&sandbox, &["ls"]);
    assert_eq!(counts(&sandbox), "2 files remembered, 0 files rendered");
    assert_eq!(fs::read(sandbox.here().join(CACHE)).unwrap(), kept);

    // Only the text of its node changes, until something else does.
    sandbox = sandbox.file("models/two.sql", &model("one", 3));
    for (command, expected) in [("parse", taken_but(1)), ("compile", taken_but(1)), ("parse", TAKEN.to_owned())] {
        succeed(&sandbox, &[command]);
        assert_eq!(counts(&sandbox), expected);
        let raw_code = sandbox.json("target/manifest.json")["nodes"]["model.a.two"]["raw_code"].clone();
        assert_eq!(raw_code, model("one", 3).trim());
    }
    sandbox = sandbox.file("models/two.sql", &model("one", 2).replace("{% set", "{{ config(tags=['x']) }}{% set"));
    succeed(&sandbox, &["parse"]);
    assert_eq!(counts(&sandbox), "1 files remembered, 1 files rendered");
    succeed(&sandbox, &["compile"]);
    assert_eq!(counts(&sandbox), TAKEN);
    succeed(&sandbox, &["parse", "--vars", "unrelated: 1"]);
    assert_eq!(counts(&sandbox), TAKEN);
    succeed(&sandbox, &["parse", "--vars", "unit: y"]);
    assert_eq!(counts(&sandbox), "0 files remembered, 2 files rendered");
    sandbox = sandbox.env("RDBT_TAG", "night");
    succeed(&sandbox, &["parse", "--vars", "unit: y"]);
    assert_eq!(counts(&sandbox), "0 files remembered, 2 files rendered");
    assert_eq!(sandbox.json("target/manifest.json")["nodes"]["model.a.one"]["tags"], serde_json::json!(["night"]));
    // Neither variable is read where `unit` is not `y`: what was remembered of before still holds.
    succeed(&sandbox, &["parse"]);
    assert_eq!(counts(&sandbox), TAKEN);
    fs::remove_file(sandbox.here().join(SNAPSHOT)).unwrap();
    succeed(&sandbox, &["parse"]);
    assert_eq!(counts(&sandbox), "2 files remembered, 0 files rendered");

    succeed(&sandbox, &["parse", "--no-partial-parse"]);
    assert_eq!(counts(&sandbox), "0 files remembered, 2 files rendered");
    sandbox = sandbox.file("macros/column.sql", "{% macro column(name) %}2 as {{ name }}{% endmacro %}\n");
    succeed(&sandbox, &["parse"]);
    assert_eq!(counts(&sandbox), "0 files remembered, 2 files rendered");
}

#[test]
fn a_variable_of_texts_leaves_the_rest_alone() {
    let limited =
        "{% set order = 'id' %}select * from {{ ref('two') }} order by {{ order }} limit {{ var('most', 5) }}\n";
    let mut sandbox = project().file("models/limited.sql", limited);
    succeed(&sandbox, &["compile"]);
    let compiled = || sandbox.read("target/compiled/a/models/limited.sql");
    assert!(compiled().ends_with("limit 5"));
    for expected in [taken_but(1), TAKEN.to_owned()] {
        succeed(&sandbox, &["compile", "--vars", "most: 7"]);
        assert!(compiled().ends_with("limit 7"));
        assert_eq!(counts(&sandbox), expected);
    }
    // The text and what it reads change together.
    sandbox = sandbox.file("models/limited.sql", &limited.replace("'id'", "var('unit', 'id')"));
    succeed(&sandbox, &["compile", "--vars", "{most: 8, unit: b}"]);
    let compiled = sandbox.read("target/compiled/a/models/limited.sql");
    assert!(compiled.ends_with("order by b limit 8"), "{compiled}");
    assert_eq!(counts(&sandbox), taken_but(3));
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
    let snapshot = sandbox.here().join(SNAPSHOT);
    let path = sandbox.here().join(CACHE);
    let whole = fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for broken in [&flipped[..], &whole[..middle], b"", b"rdbt-renders 1\n"] {
        fs::write(&path, broken).unwrap();
        let _ = fs::remove_file(&snapshot);
        succeed(&sandbox, &["parse"]);
        assert_eq!(counts(&sandbox), "0 files remembered, 2 files rendered");
    }
    let _ = fs::remove_file(&snapshot);
    succeed(&sandbox, &["parse"]);
    assert_eq!(counts(&sandbox), "2 files remembered, 0 files rendered");
}

#[test]
fn a_broken_snapshot_is_made_anew() {
    let sandbox = project();
    succeed(&sandbox, &["parse"]);
    let (_, _, expected) = parsed(&sandbox, &[], "target");
    let path = sandbox.here().join(SNAPSHOT);
    let whole = fs::read(&path).unwrap();
    for place in (0..whole.len()).step_by(whole.len() / 40) {
        let mut flipped = whole.clone();
        flipped[place] ^= 1;
        for broken in [&flipped[..], &whole[..place]] {
            fs::write(&path, broken).unwrap();
            let (code, _, manifest) = parsed(&sandbox, &[], "target");
            assert_eq!((code, counts(&sandbox).as_str()), (0, "2 files remembered, 0 files rendered"), "{place}");
            assert!(manifest == expected);
        }
    }
    succeed(&sandbox, &["parse"]);
    assert_eq!(counts(&sandbox), TAKEN);
}

#[test]
fn resources_keep_the_time_at_which_they_were_parsed() {
    let sandbox = project();
    let created = || sandbox.json("target/manifest.json")["nodes"]["model.a.one"]["created_at"].clone();
    succeed(&sandbox, &["parse"]);
    let first = created();
    succeed(&sandbox, &["parse"]);
    assert_ne!(created(), first);
    let second = created();
    succeed(&sandbox, &["ls"]);
    assert_eq!(created(), second);
    succeed(&sandbox, &["ls", "--no-partial-parse"]);
    assert_ne!(created(), second);
}

/// `manifest.json` as text, but for what each command has of its own.
fn body(sandbox: &Sandbox) -> String {
    let text = sandbox.read("target/manifest.json");
    text[text.find("\"nodes\"").unwrap()..].to_owned()
}

#[test]
fn an_unchanged_manifest_is_written_with_its_own_metadata() {
    let mut sandbox = project().file("selectors.yml", "selectors: [{name: few, definition: one}]\n");
    for _ in 0..2 {
        succeed(&sandbox, &["parse"]);
    }
    let first = sandbox.json("target/manifest.json")["metadata"].clone();
    let whole = body(&sandbox);
    succeed(&sandbox, &["ls"]);
    assert_eq!(body(&sandbox), whole);
    assert_ne!(sandbox.json("target/manifest.json")["metadata"]["invocation_id"], first["invocation_id"]);
    // Nobody's changes are taken for what was written last.
    let path = sandbox.here().join("target/manifest.json");
    for other in [sandbox.read("target/manifest.json").replace("model.a.two", "model.a.owt"), "{}".to_owned()] {
        fs::write(&path, other).unwrap();
        succeed(&sandbox, &["ls"]);
        assert_eq!(body(&sandbox), whole);
    }
    // Where nodes are compiled, what stands between them and the maps comes from there all the same.
    fs::remove_file(sandbox.here().join("target/rdbt_manifest.written")).unwrap();
    succeed(&sandbox, &["compile"]);
    let compiled = body(&sandbox);
    assert!(compiled.contains("\"compiled_code\""));
    succeed(&sandbox, &["compile"]);
    assert_eq!(body(&sandbox), compiled);
    fs::write(&path, sandbox.read("target/manifest.json").replace("materialization_view_default", "x")).unwrap();
    succeed(&sandbox, &["compile"]);
    assert_eq!(body(&sandbox), compiled);
    succeed(&sandbox, &["ls"]);
    assert_eq!(body(&sandbox), whole);
    sandbox = sandbox.file("selectors.yml", "selectors: [{name: many, definition: two}]\n");
    succeed(&sandbox, &["ls"]);
    assert_eq!(counts(&sandbox), TAKEN);
    assert_eq!(body(&sandbox), whole.replace("few", "many").replace("\"value\": \"one\"", "\"value\": \"two\""));
    succeed(&sandbox, &["ls", "--target-path", "elsewhere"]);
    let ids = |path: &str| sandbox.json(path)["nodes"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(ids("elsewhere/manifest.json"), ids("target/manifest.json"));
}

#[test]
fn what_was_said_is_said_again() {
    let sandbox = project().file(
        "models/schema.yml",
        "models: [{name: none}, {name: one, columns: [{name: id, data_tests: [{accepted_values: {values: [1]}}]}]}]\n",
    );
    let first = succeed(&sandbox, &["parse"]);
    assert!(first.contains("MissingArgumentsPropertyInGenericTestDeprecation") && first.contains("none"), "{first}");
    for _ in 0..2 {
        assert_eq!(succeed(&sandbox, &["parse"]), first);
    }
    assert_eq!(counts(&sandbox), TAKEN);
    // Other rules for warnings: what was recorded under the first ones is not relied on.
    let outcome = sandbox.run(&["parse", "--warn-error"]);
    assert_eq!(outcome.code, 2, "{}", outcome.stdout);
    let silenced = ["parse", "--warn-error-options", "{silence: [NoNodeForYamlKey]}"];
    let quiet = succeed(&sandbox, &silenced);
    assert!(!quiet.contains("'none'"), "{quiet}");
    assert_eq!(succeed(&sandbox, &silenced), quiet);
    assert_eq!(counts(&sandbox), TAKEN);
    assert_eq!(succeed(&sandbox, &["parse"]), first);
}

#[test]
fn a_file_that_reads_the_time_is_looked_at_again() {
    let by_year =
        "{{ config(materialized='table' if modules.datetime.date.today().year > 2000 else 'view') }} select 1 as id\n";
    let by_command = "{{ config(tags=[flags.WHICH]) }} select 1 as id\n";
    let mut sandbox = project().file("models/clock.sql", by_year);
    for expected in ["0 files remembered, 3 files rendered", TAKEN] {
        succeed(&sandbox, &["compile"]);
        assert_eq!(counts(&sandbox), expected);
    }
    sandbox = sandbox.file("models/clock.sql", by_command);
    let tags = || sandbox.json("target/manifest.json")["nodes"]["model.a.clock"]["tags"].clone();
    for (command, expected) in
        [("parse", false), ("parse", false), ("parse", true), ("ls", false), ("ls", true), ("parse", false)]
    {
        succeed(&sandbox, &[command]);
        assert_eq!(counts(&sandbox) == TAKEN, expected, "{command}");
        assert_eq!(tags(), serde_json::json!([command]));
    }
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
    match dice.roll(30) {
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
        16 => put("models/clock.sql", "select '{{ modules.datetime.date.today().year }}' as id, {{ var('unit', 1) }}"),
        6 => put("models/broken.sql", ["select 1", "{{ nothing(", "{{ ref('no') }}"][dice.roll(3)]),
        7 => drop(fs::remove_file(sandbox.here().join("models/broken.sql"))),
        8 => put("docs/notes.md", &format!("{{% docs note %}}Note {salt}.{{% enddocs %}}\n")),
        9 => put(
            "models/described.yml",
            &format!(
                "models: [{{name: two, description: \"{{{{ {} }}}}\", config: {{enabled: {}}}}}]\nmacros: [{{name: column, \
                 description: About {salt}.}}]\n",
                ["doc('note')", "env_var('RDBT_TAG', 'none')", "var('unit', 'x')"][dice.roll(3)],
                dice.roll(4) > 0
            ),
        ),
        10 => put("seeds/numbers.csv", &format!("id\n{salt}\n")),
        11 => put(
            "models/sources.yml",
            &format!(
                "sources: [{{name: raw, tables: [{{name: t{salt}, columns: [{{name: id, data_tests: [not_null, \
                 {{accepted_values: {{values: [{salt}]}}}}]}}]}}]}}]\n"
            ),
        ),
        12 => put(
            "models/others.yml",
            &format!(
                "exposures: [{{name: board, type: dashboard, owner: {{email: a{salt}@b.c}}, depends_on: [\"ref('one')\"]}}]\n\
                 groups: [{{name: g, owner: {{name: n{salt}}}}}]\nunit_tests: [{{name: u, model: one, given: [], expect: \
                 {{rows: [{{id: {salt}}}]}}}}]\n"
            ),
        ),
        13 => put(".dbtignore", ["", "models/more.sql\n", "docs/\n"][dice.roll(3)]),
        14 => put("tests/singular.sql", &format!("select * from {{{{ ref('one') }}}} where id > {salt}\n")),
        15 => put(
            "snapshots/kept.sql",
            &format!(
                "{{% snapshot kept %}}{{{{ config(unique_key='id', strategy='check', check_cols='all', tags=['t{salt}']) }}}}\
                 select * from {{{{ ref('one') }}}}{{% endsnapshot %}}\n"
            ),
        ),
        17 => drop(fs::remove_file(sandbox.here().join("models/broken.sql"))),
        _ => put(
            ["models/loose.sql", "analyses/look.sql"][dice.roll(2)],
            &format!(
                "{}select {salt} as id",
                [
                    "",
                    "--",
                    "-- {{ ref('one') }}\n",
                    "{{ config(tags=['a']) }}",
                    "{% set b = 1 %}--{{ var('unit', 'x') }}\n",
                    "{% if var('unit', 'x') == 'y' %}-- {{ ref('two') }}\n{% endif %}",
                    "{% set c = env_var('RDBT_TAG', 'none') %}",
                ][dice.roll(7)]
            ),
        ),
    }
    [vec![], vec!["--vars", "unit: y"], vec!["--vars", "{unit: z, other: 1}"]][dice.roll(6).saturating_sub(3)].clone()
}

#[test]
fn random_edits_come_to_the_same_with_and_without_memory() {
    let sandbox = project();
    let mut dice = Dice(3);
    let (mut taken, mut parts) = (0, 0);
    for step in 0..60 {
        let words = edit(&sandbox, &mut dice);
        let without = parsed(&sandbox, &[&words[..], &["--no-partial-parse"]].concat(), "other");
        for _ in 0..3 {
            let with = parsed(&sandbox, &words, "target");
            assert_eq!(with.0, without.0, "step {step}: {}", with.1);
            assert_eq!(with.1, without.1, "step {step}");
            assert!(with.2 == without.2, "step {step}: the manifests differ");
            taken += usize::from(with.0 == 0 && counts(&sandbox) == TAKEN);
            parts += usize::from(with.0 == 0 && counts(&sandbox).contains("looked at again"));
        }
    }
    assert!(taken > 20 && parts > 5, "{taken} {parts}");
}
