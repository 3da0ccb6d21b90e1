//! `--skip-unchanged`: what is reused and what is built again after each kind of change, `explain`, and a random walk over
//! changes after each of which every table is the one that a build of everything gives. dbt has none of this.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use std::path::Path;

use common::Sandbox;
use insta::assert_snapshot;

/// Models of each kind that reads something else: a seed, a source, a file, a macro, a variable, its own rows.
fn company() -> Sandbox {
    let sandbox = Sandbox::new()
        .project()
        .file("dbt_project.yml", "name: a\nprofile: p\nvars: {factor: 2}\n")
        .file("seeds/raw.csv", "id,amount,name\n1,10,x\n2,20,\n3,30,z\n")
        .file("data/extra.csv", "id,extra\n1,100\n2,200\n")
        .file("macros/scaled.sql", "{% macro scaled(column) %}{{ column }} * 1{% endmacro %}")
        .file("models/staged.sql", "select id, amount, name from {{ ref('raw') }}")
        .file("models/filtered.sql", "{{ config(materialized='ephemeral') }} select * from {{ ref('staged') }} where id > 0")
        .file(
            "models/totals.sql",
            "{{ config(materialized='table') }} select sum({{ scaled('amount') }}) * {{ var('factor') }} as total, 1 as step \
             from {{ ref('filtered') }}",
        )
        .file("models/top.sql", "{{ config(materialized='table') }} select total + 1 as more from {{ ref('totals') }}")
        .file("models/from_file.sql", "{{ config(materialized='table') }} select * from read_csv('data/*.csv')")
        .file("models/from_source.sql", "{{ config(materialized='table') }} select count(*) as n from {{ source('ext', 't') }}")
        .file("models/first.sql", "{{ config(materialized='table') }} select id from {{ ref('raw') }} limit 1")
        .file("models/nulls.sql", "{{ config(materialized='table') }} select row_number() over (order by name) as place, id from {{ ref('raw') }}")
        .file(
            "models/grown.sql",
            "{{ config(materialized='incremental') }} select id, amount from {{ ref('staged') }} \
             {% if is_incremental() %} where id > (select coalesce(max(id), 0) from {{ this }}) {% endif %}",
        )
        .file(
            "snapshots/kept.yml",
            "snapshots:\n  - name: kept\n    relation: ref('raw')\n    config: {unique_key: id, strategy: check, check_cols: all}\n",
        )
        .file(
            "models/schema.yml",
            "sources: [{name: ext, schema: main, tables: [{name: t}]}]
models:
  - name: staged
    columns: [{name: id, data_tests: [unique, not_null]}]
",
        );
    by_hand(&sandbox, "create table t as select range as a from range(3)");
    sandbox
}

fn by_hand(sandbox: &Sandbox, sql: &str) {
    sandbox.database().execute_batch(sql).unwrap();
}

fn rewrite(sandbox: &Sandbox, path: &str, from: &str, to: &str) {
    let text = sandbox.read(path);
    assert!(text.contains(from), "{path} has {from:?}: {text}");
    std::fs::write(sandbox.here().join(path), text.replace(from, to)).unwrap();
}

/// What was not reused, one a line.
fn built(sandbox: &Sandbox, words: &[&str]) -> String {
    let outcome = sandbox.run(words);
    assert_eq!(outcome.code, 0, "{outcome}");
    sandbox
        .statuses()
        .lines()
        .filter(|line| !line.ends_with(": reused"))
        .fold(String::new(), |text, line| text + line + "\n")
}

/// A project that has been built until nothing was left to build.
fn settled() -> Sandbox {
    let sandbox = company();
    for _ in 0..3 {
        let outcome = sandbox.run(&["build", "--skip-unchanged"]);
        assert_eq!(outcome.code, 0, "{outcome}");
    }
    sandbox
}

const BUILD: [&str; 2] = ["build", "--skip-unchanged"];

#[test]
fn a_build_in_which_nothing_changed_reuses_everything() {
    let sandbox = company();
    assert!(!sandbox.run(&BUILD).stdout.contains("[REUSED"));
    // What builds on its own rows is built until a build changes nothing.
    assert_snapshot!(built(&sandbox, &BUILD), @r"
    snapshot kept: success
    model grown: success
    ");
    let outcome = sandbox.run(&BUILD);
    assert!(outcome.stdout.contains("3 of 12 REUSED seed file main.raw ...."), "{outcome}");
    assert!(outcome.stdout.contains("Done. PASS=0 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=12 TOTAL=12"), "{outcome}");
    let results = sandbox.json("target/run_results.json");
    assert!(results["results"][0]["message"].as_str().unwrap().starts_with("REUSED: nothing that it depends on"));
    // Without the flag everything is built, and the next run with it finds what it left.
    assert!(!sandbox.run(&["build"]).stdout.contains("[REUSED"));
    assert_snapshot!(built(&sandbox, &BUILD), @"");
    // The notes are in a schema of their own.
    assert_snapshot!(sandbox.rows("select distinct table_schema from information_schema.tables order by 1"), @r"
    main
    rdbt_internal
    ");
}

#[test]
fn each_change_builds_what_it_reaches_and_no_more() {
    let sandbox = settled();
    rewrite(&sandbox, "macros/scaled.sql", "* 1", "* 3");
    assert_snapshot!(built(&sandbox, &BUILD), @r"
    model totals: success
    model top: success
    ");
    // Another text with the same result: what is above stays.
    rewrite(&sandbox, "models/totals.sql", "1 as step", "2 - 1 as step");
    assert_snapshot!(built(&sandbox, &BUILD), @"model totals: success");
    rewrite(&sandbox, "data/extra.csv", "200", "201");
    assert_snapshot!(built(&sandbox, &BUILD), @"model from_file: success");
    by_hand(&sandbox, "insert into t values (9)");
    assert_snapshot!(built(&sandbox, &BUILD), @"model from_source: success");
    rewrite(&sandbox, "dbt_project.yml", "factor: 2", "factor: 5");
    assert_snapshot!(built(&sandbox, &BUILD), @r"
    model totals: success
    model top: success
    ");
    rewrite(&sandbox, "profiles.yml", "path: a.duckdb", "path: a.duckdb, settings: {default_null_order: nulls_first}");
    assert!(!sandbox.run(&BUILD).stdout.contains("[REUSED"), "a setting of the engine reaches everything");
    assert_snapshot!(sandbox.rows("select id from nulls order by place limit 1"), @"2");
}

#[test]
fn macros_that_take_part_in_building_count() {
    let strategy = "{% macro get_incremental_twice_sql(args) %} \
                    insert into {{ args['target_relation'] }} select id + 0, amount from {{ args['temp_relation'] }} where id < 0{% endmacro %}";
    let sandbox = company()
        .file("macros/twice.sql", strategy)
        .file("macros/unrelated.sql", "{% macro unrelated() %}1{% endmacro %}")
        .file("models/own_way.sql", "{{ config(materialized='incremental', incremental_strategy='twice') }} select id, amount from {{ ref('staged') }}");
    for _ in 0..3 {
        assert_eq!(sandbox.run(&BUILD).code, 0);
    }
    rewrite(&sandbox, "macros/unrelated.sql", "1", "2");
    assert_snapshot!(built(&sandbox, &BUILD), @"");
    rewrite(&sandbox, "macros/twice.sql", "id + 0", "id + 1");
    let changed = built(&sandbox, &BUILD);
    assert!(changed.contains("model own_way: success") && !changed.contains("totals"), "{changed}");
    // An override of one of dbt's macros reaches what it builds, and one that reads the clock makes all of that uncertain.
    let file = "{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) %}create {{ 'temporary' if temporary }} table {{ relation }} as (/* 1 */ {{ compiled_code }}){% endmacro %}";
    let sandbox = sandbox.file("macros/made.sql", file);
    assert!(built(&sandbox, &BUILD).contains("model totals: success\n"));
    sandbox.run(&BUILD);
    assert_snapshot!(built(&sandbox, &BUILD), @"");
    rewrite(&sandbox, "macros/made.sql", "1", "{{ run_started_at }}");
    sandbox.run(&BUILD);
    assert!(built(&sandbox, &BUILD).contains("model totals: success\n"));
}

#[test]
fn tables_that_were_changed_by_hand_are_built_again() {
    let sandbox = settled();
    by_hand(&sandbox, "update totals set total = 0");
    assert_snapshot!(built(&sandbox, &BUILD), @"model totals: success");
    by_hand(&sandbox, "drop table top; drop view staged");
    assert_snapshot!(built(&sandbox, &BUILD), @r"
    model staged: success
    model top: success
    ");
    by_hand(&sandbox, "create or replace table top as select 1 as other");
    assert_snapshot!(built(&sandbox, &BUILD), @"model top: success");
    by_hand(&sandbox, "create or replace view staged as select 7 as id, 1 as amount, 'x' as name");
    assert_snapshot!(built(&sandbox, &BUILD), @"model staged: success");
    by_hand(&sandbox, "delete from raw where id = 3");
    assert_snapshot!(built(&sandbox, &BUILD), @"seed raw: success");
    // A backup that is played back brings its own notes.
    std::fs::copy(sandbox.here().join("a.duckdb"), sandbox.here().join("backup")).unwrap();
    rewrite(&sandbox, "seeds/raw.csv", "1,10", "1,11");
    assert!(built(&sandbox, &BUILD).contains("model totals: success"));
    std::fs::copy(sandbox.here().join("backup"), sandbox.here().join("a.duckdb")).unwrap();
    assert!(built(&sandbox, &BUILD).contains("seed raw: success\nmodel first: success\n"));
    assert_snapshot!(sandbox.rows("select amount from raw order by id limit 1"), @"11");
}

#[test]
fn what_reads_the_clock_or_the_unknown_is_always_built() {
    let sandbox = company();
    let models = [
        ("clock", "select now() as t"),
        ("date_word", "select current_date as t"),
        ("chance", "select random() as t"),
        ("aged", "select age(timestamp '2020-01-01') as t"),
        ("sampled", "select * from {{ ref('raw') }} using sample 1"),
        ("catalog", "select count(*) as n from information_schema.tables"),
        ("own_function", "select doubled(1) as t"),
        ("hooked", "{{ config(post_hook='select 1') }} select 1 as t"),
        ("started", "select '{{ run_started_at }}' as t"),
        ("invoked", "select '{{ invocation_id }}' as t"),
        ("sets", "{% do run_query('create or replace table side as select 1 as a') %} select 1 as t"),
        ("through_view", "select * from {{ ref('view_of_chance') }}"),
    ];
    let mut sandbox =
        sandbox.file("models/always/view_of_chance.sql", "{{ config(materialized='view') }} select random() as t");
    for (name, sql) in models {
        let config = "{{ config(materialized='table') }} ";
        sandbox = sandbox.file(&format!("models/always/{name}.sql"), &format!("{config}{sql}"));
    }
    by_hand(&sandbox, "create macro doubled(x) as x * 2");
    let build = ["run", "--skip-unchanged", "--select", "always"];
    sandbox.run(&["seed"]);
    sandbox.run(&build);
    assert_snapshot!(built(&sandbox, &build), @r"
    model aged: success
    model catalog: success
    model chance: success
    model clock: success
    model date_word: success
    model hooked: success
    model invoked: success
    model own_function: success
    model sampled: success
    model sets: success
    model started: success
    model through_view: success
    ");
    let explained = sandbox.run(&["explain", "clock", "--quiet"]);
    assert_snapshot!(explained.stdout, @r"
    model.a.clock would be built:
      it calls `now()`, which gives something else each time
    ");
}

#[test]
fn configuration_decides_for_models_and_folders() {
    let sandbox = company()
        .file("models/fixed/clock.sql", "{{ config(materialized='table') }} select now() as t")
        .file("models/fixed/one.sql", "{{ config(materialized='table') }} select 1 as t")
        .file(
            "dbt_project.yml",
            "name: a\nprofile: p\nvars: {factor: 2}\nmodels: {a: {fixed: {+skip_unchanged: true, clock: {+skip_unchanged: known_inputs}}}}\n",
        );
    let words = ["run", "--select", "fixed top"];
    sandbox.run(&["build"]);
    sandbox.run(&words);
    assert_snapshot!(built(&sandbox, &words), @"model top: success");
    // What is known counts for a node whose owner leaves the rest out of account.
    rewrite(&sandbox, "models/fixed/clock.sql", "as t", "as t, (select count(*) from {{ ref('raw') }}) as n");
    assert!(built(&sandbox, &words).contains("model clock: success"));
    by_hand(&sandbox, "delete from raw where id = 1");
    assert!(built(&sandbox, &words).contains("model clock: success"));
    assert_snapshot!(built(&sandbox, &words), @"model top: success");
    let off = ["run", "--select", "fixed top", "--no-skip-unchanged"];
    assert!(!sandbox.run(&off).stdout.contains("[REUSED"));
    // It may keep a node out, too, and --full-refresh keeps out all.
    rewrite(&sandbox, "dbt_project.yml", "{+skip_unchanged: true,", "{+skip_unchanged: false,");
    let on = ["run", "--select", "fixed", "--skip-unchanged"];
    sandbox.run(&on);
    assert_snapshot!(built(&sandbox, &on), @"model one: success");
    assert!(
        !sandbox.run(&["run", "--select", "fixed", "--skip-unchanged", "--full-refresh"]).stdout.contains("[REUSED")
    );
    rewrite(&sandbox, "dbt_project.yml", "{+skip_unchanged: false,", "{+skip_unchanged: sometimes,");
    let outcome = sandbox.run(&on);
    assert!(outcome.stdout.contains("is \"sometimes\", which means nothing.") && outcome.code == 2, "{outcome}");
}

#[test]
fn explain_names_what_changed() {
    let sandbox = settled();
    let explain = |words: &[&str]| sandbox.run(&[&["explain", "--quiet"], words].concat()).stdout;
    assert!(
        explain(&["top"]).starts_with("model.a.top would be reused: nothing that it depends on has changed since 20")
    );
    rewrite(&sandbox, "models/totals.sql", "1 as step", "7 as step");
    rewrite(
        &sandbox,
        "dbt_project.yml",
        "vars:",
        "models: {a: {first: {+contract: {enforced: false}, +persist_docs: {relation: true}}}}\nvars:",
    );
    rewrite(&sandbox, "data/extra.csv", "200", "202");
    by_hand(&sandbox, "drop table nulls");
    assert_snapshot!(explain(&["--select", "totals top first from_file nulls"]), @r#"
    model.a.first would be built:
      its configuration has changed: persist_docs
      its description in YAML has changed: description
    model.a.from_file would be built:
      files that it reads have changed: data/*.csv
    model.a.nulls would be built:
      its table or view does not exist
    model.a.totals would be built:
      its compiled SQL has changed:
        --- as it was built
        +++ now
        @@ -1,3 +1,3 @@
          with __dbt__cte__filtered as (
          select * from "a"."main"."staged" where id > 0
        -) select sum(amount * 1) * 2 as total, 1 as step from __dbt__cte__filtered
        +) select sum(amount * 1) * 2 as total, 7 as step from __dbt__cte__filtered
    model.a.top would be reused, unless building `model.a.totals` gives something else than before
    "#);
    by_hand(&sandbox, "delete from raw");
    assert!(explain(&["totals"]).contains("what it reads of `model.a.staged` (a.main.staged) has changed"));
}

/// A copy of the demonstration project.
fn demonstration() -> Sandbox {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sandbox = Sandbox::new();
    for file in ["dbt_project.yml", "profiles.yml"] {
        sandbox = sandbox.file(file, &std::fs::read_to_string(root.join(file)).unwrap());
    }
    let mut folders = ["models", "macros", "seeds", "snapshots"].map(|folder| root.join(folder)).to_vec();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let below = path.strip_prefix(root).unwrap().to_str().unwrap();
                    sandbox = sandbox.file(below, &std::fs::read_to_string(&path).unwrap());
                }
            }
        }
    }
    sandbox.env("WORKFORCE_DB", "a.duckdb")
}

#[test]
fn hazards_of_the_demonstration_are_built_when_their_parameters_change() {
    let sandbox = demonstration();
    let year = |year: &str| {
        let vars = format!("simulation_year: {year}");
        built(&sandbox, &["build", "--exclude-resource-type", "test", "unit_test", "--skip-unchanged", "--vars", &vars])
    };
    let hazards = |lines: &str| -> Vec<String> {
        lines.lines().filter(|line| line.contains("_hazards")).map(str::to_owned).collect()
    };
    assert_eq!(hazards(&year("2025")).len(), 4);
    let next = year("2026");
    assert!(
        next.contains("model int_hire_events: success") && next.contains("model fct_yearly_events: success"),
        "{next}"
    );
    assert!(hazards(&next).is_empty(), "{next}");
    rewrite(&sandbox, "seeds/hazard_bases.csv", "promotion,1,0.130", "promotion,1,0.131");
    assert_eq!(hazards(&year("2026")).len(), 4);
}

/// Rows of everything that a build makes, without what is of the moment.
fn everything(sandbox: &Sandbox) -> String {
    let table = |name: &str| format!("select '{name}' as name, list(t order by t)::varchar as rows from {name} as t");
    let names = ["raw", "staged", "totals", "top", "from_file", "from_source", "first", "nulls", "grown"];
    let mut queries: Vec<String> = names.iter().map(|name| table(name)).collect();
    let kept = "(select id, amount, name, dbt_valid_to is null as current from kept)";
    queries.push(format!("select 'kept', list(t order by t)::varchar from {kept} as t"));
    sandbox.rows(&queries.join(" union all "))
}

/// A change of something; `round` makes it another one each time.
fn change(sandbox: &Sandbox, kind: usize, round: usize) {
    let here = sandbox.here();
    let append = |path: &str, line: &str| {
        let path: &Path = &here.join(path);
        let text = std::fs::read_to_string(path).unwrap() + line;
        std::fs::write(path, text).unwrap();
    };
    let write = |path: &str, text: &str| std::fs::write(here.join(path), text).unwrap();
    match kind {
        0 => {}
        1 => write(
            "models/totals.sql",
            &format!(
                "{{{{ config(materialized='table') }}}} select sum({{{{ scaled('amount') }}}}) * {{{{ var('factor') }}}} as total, \
                 {round} as step from {{{{ ref('filtered') }}}}"
            ),
        ),
        2 => write(
            "macros/scaled.sql",
            &format!("{{% macro scaled(column) %}}{{{{ column }}}} * {round}{{% endmacro %}}"),
        ),
        3 => write("dbt_project.yml", &format!("name: a\nprofile: p\nvars: {{factor: {round}}}\n")),
        4 => write("seeds/raw.csv", &format!("id,amount,name\n{round},10,x\n2,20,\n3,{round},z\n")),
        5 => append("seeds/raw.csv", &format!("{},5,w\n", 100 + round)),
        6 => write(
            "models/first.sql",
            &format!(
                "{{{{ config(materialized='{}') }}}} select id from {{{{ ref('raw') }}}} limit 1",
                ["view", "table"][round % 2]
            ),
        ),
        7 => write("data/extra.csv", &format!("id,extra\n1,{round}\n2,200\n")),
        8 => by_hand(sandbox, &format!("insert into t values ({round})")),
        9 => by_hand(sandbox, "update totals set total = total + 1"),
        10 => by_hand(sandbox, "drop table if exists from_file; drop table if exists top"),
        11 => by_hand(sandbox, "delete from raw where id = 2"),
        12 => write(
            "profiles.yml",
            &format!(
                "p:\n  target: dev\n  outputs:\n    dev: {{type: duckdb, path: a.duckdb, settings: {{default_null_order: nulls_{}}}}}\n",
                ["first", "last"][round % 2]
            ),
        ),
        13 => write(
            "models/filtered.sql",
            &format!(
                "{{{{ config(materialized='ephemeral') }}}} select * from {{{{ ref('staged') }}}} where id > {}",
                round % 3
            ),
        ),
        14 => by_hand(sandbox, "create or replace view staged as select 1 as id, 2 as amount, 'q' as name"),
        15 => drop(sandbox.run(&["run", "--select", "totals", "--vars", "factor: 77"])),
        _ => by_hand(sandbox, &format!("insert into grown values ({}, 0)", 10 * round)),
    }
}

#[test]
fn after_any_change_every_table_is_that_of_a_full_build() {
    let (spared, full) = (company(), company());
    let mut state: u64 = 20_260_101;
    let mut reused = 0;
    for round in 1..=17 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Every kind comes once, then by chance.
        let kind = if round <= 16 { round } else { usize::try_from(state >> 33).unwrap() % 17 };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                change(&full, kind, round);
                assert_eq!(full.run(&["build"]).code, 0, "change {kind} in round {round}");
            });
            change(&spared, kind, round);
            assert_eq!(spared.run(&BUILD).code, 0, "change {kind} in round {round}");
        });
        reused += spared.statuses().lines().filter(|line| line.ends_with(": reused")).count();
        assert_eq!(everything(&spared), everything(&full), "after change {kind} in round {round}");
    }
    assert!(reused > 60, "{reused} nodes were reused");
}
