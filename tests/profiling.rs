//! `--profile-nodes`: what the report says of each kind of node, and for each rule of advice a project that gives rise to it
//! and one that does not. dbt has none of this.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use serde_json::Value as Json;

/// Models, seeds, snapshots, tests, hooks; one model fails, and one is skipped for it.
fn company() -> Sandbox {
    Sandbox::new()
        .project()
        .file(
            "dbt_project.yml",
            "name: a\nprofile: p\non-run-start: [\"create table if not exists log(i int); insert into log values (1)\"]\n",
        )
        .file("seeds/raw.csv", "id,amount\n1,10\n2,20\n3,30\n")
        .file("models/staged.sql", "select id, amount, '</script><b>' as text from {{ ref('raw') }}")
        .file("models/kept.sql", "{{ config(materialized='ephemeral') }} select * from {{ ref('staged') }} where id > 1")
        .file(
            "models/totals.sql",
            "{{ config(materialized='table', pre_hook=\"insert into log values (2); delete from log where i = 2\") }} \
             select range as i from range(1000) where (select count(*) from {{ ref('kept') }}) > 0",
        )
        .file("models/after.sql", "{{ config(materialized='table') }} select count(*) as n from {{ ref('totals') }}")
        .file(
            "models/grown.sql",
            "{{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert') }} \
             select id, amount from {{ ref('staged') }}",
        )
        .file("models/broken.sql", "{{ config(materialized='table') }} select error('no such luck') as e from {{ ref('totals') }}")
        .file("models/skipped.sql", "select * from {{ ref('broken') }}")
        .file(
            "snapshots/shot.yml",
            "snapshots:\n  - name: shot\n    relation: ref('raw')\n    config: {unique_key: id, strategy: check, check_cols: all}\n",
        )
        .file(
            "models/schema.yml",
            "models:
  - name: staged
    columns: [{name: id, data_tests: [unique]}, {name: amount, data_tests: [{accepted_values: {arguments: {values: [10]}, config: {severity: warn}}}]}]
unit_tests:
  - name: adds_up
    model: after
    given: [{input: ref('totals'), rows: [{i: 1}, {i: 2}]}]
    expect: {rows: [{n: 2}]}
",
        )
}

fn profile(sandbox: &Sandbox) -> Json {
    sandbox.json("target/profile.json")
}

fn node<'a>(profile: &'a Json, name: &str) -> &'a Json {
    profile["nodes"].as_array().unwrap().iter().find(|node| node["name"] == name).unwrap_or_else(|| panic!("no {name}"))
}

fn statements(node: &Json) -> Vec<&str> {
    node["statements"].as_array().unwrap().iter().map(|one| one["sql"].as_str().unwrap()).collect()
}

#[test]
fn nothing_is_left_unless_it_is_asked_for() {
    let sandbox = company();
    let outcome = sandbox.run(&["build"]);
    assert!(!outcome.stdout.contains("Profile"), "{outcome}");
    assert!(!sandbox.files().iter().any(|file| file.contains("profile.")), "{:?}", sandbox.files());
    let listed = sandbox.run(&["ls", "--profile-nodes"]);
    assert_eq!((listed.code, listed.to_string().contains("No such option")), (2, true), "{listed}");
}

#[test]
fn a_profile_changes_nothing_that_is_built() {
    let (plain, profiled) = (company(), company());
    for words in [&["build"][..], &["build"]] {
        let code = plain.run(words).code;
        let with: Vec<&str> = words.iter().copied().chain(["--profile-nodes"]).collect();
        assert_eq!(profiled.run(&with).code, code);
        assert_eq!(profiled.statuses(), plain.statuses());
        assert_eq!(profiled.relations(), plain.relations());
        assert_eq!(profiled.rows("select * from log"), plain.rows("select * from log"));
    }
}

#[test]
fn tells_what_each_kind_of_node_did() {
    let sandbox = company();
    sandbox.run(&["build"]);
    let outcome = sandbox.run(&["build", "--profile-nodes"]);
    assert!(outcome.stdout.contains("Critical path: ") && outcome.stdout.contains("Slowest nodes"), "{outcome}");
    let profile = profile(&sandbox);
    assert_eq!(profile["profile_version"], 1);
    let rows = |name: &str| {
        let node = node(&profile, name);
        [&node["status"], &node["rows_written"], &node["rows_deleted"]].map(Json::to_string).join(" ")
    };
    assert_eq!(rows("totals"), "\"success\" 1001 1");
    assert_eq!(rows("after"), "\"success\" 1 0");
    assert_eq!(rows("grown"), "\"success\" 6 3");
    assert_eq!(rows("broken"), "\"error\" 0 0");
    assert_eq!(rows("staged"), "\"success\" 0 0");
    assert!(rows("raw").starts_with("\"success\" 3"));
    assert_eq!(node(&profile, "adds_up")["resource_type"], "unit_test");
    assert_eq!(node(&profile, "shot")["resource_type"], "snapshot");
    assert_eq!(node(&profile, "skipped")["started"], Json::Null);
    assert!(
        profile["nodes"].as_array().unwrap().iter().all(|node| node["name"] != "kept"),
        "An ephemeral model has no result."
    );
    let broken = node(&profile, "broken")["statements"].as_array().unwrap();
    let failed: Vec<&Json> = broken.iter().filter(|one| !one["error"].is_null()).collect();
    assert!(failed.len() == 1 && failed[0]["error"].as_str().unwrap().contains("no such luck"), "{failed:?}");
    assert!(failed[0]["figures"].is_null());
}

#[test]
fn statements_of_one_text_and_hooks_are_told_apart() {
    let sandbox = company();
    sandbox.run(&["build", "--profile-nodes"]);
    let profile = profile(&sandbox);
    let totals = statements(node(&profile, "totals"));
    let hooks: Vec<&&str> = totals.iter().filter(|sql| sql.contains(" log ")).collect();
    assert!(hooks.len() == 2 && hooks[1].starts_with("delete from log"), "{totals:?}");
    let started = statements(node(&profile, "a-on-run-start-0"));
    assert!(started.iter().any(|sql| sql.starts_with("insert into log values (1)")), "{started:?}");
    let own = profile["own_statements"].as_array().unwrap();
    assert!(!own.is_empty() && own.iter().all(|one| !one["sql"].as_str().unwrap().contains("log values")), "{own:?}");
}

#[test]
fn the_critical_path_is_a_chain_of_what_ran() {
    let sandbox = company();
    sandbox.run(&["build", "--profile-nodes", "--threads", "3"]);
    let profile = profile(&sandbox);
    let path: Vec<&str> =
        profile["critical_path"]["nodes"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let all = profile["nodes"].as_array().unwrap();
    let of = |id: &str| all.iter().find(|node| node["unique_id"] == id).unwrap();
    let sum: f64 = path.iter().map(|id| of(id)["seconds"].as_f64().unwrap()).sum();
    assert!((sum - profile["critical_path"]["seconds"].as_f64().unwrap()).abs() < 1e-6);
    // Which of the chains from the seed took longest is the machine's affair.
    assert!(path[0] == "seed.a.raw" && path.len() > 1, "{path:?}");
    for pair in path.windows(2) {
        let [first, second] = [of(pair[0]), of(pair[1])];
        let end = first["started"].as_f64().unwrap() + first["seconds"].as_f64().unwrap();
        let unit_test = second["resource_type"] == "unit_test" || first["resource_type"] == "unit_test";
        assert!(unit_test || second["started"].as_f64().unwrap() > end - 0.005, "{pair:?}");
    }
    assert!(all.iter().all(|node| node["critical"] == path.contains(&node["unique_id"].as_str().unwrap())));
    assert!(profile["seconds"].as_f64().unwrap() >= sum);
}

#[test]
fn the_page_holds_the_same_figures_and_asks_for_nothing() {
    let sandbox = company();
    sandbox.run(&["build", "--profile-nodes"]);
    let page = sandbox.read("target/profile.html");
    let (_, rest) = page.split_once("id=\"profile\">").unwrap();
    let (data, _) = rest.split_once("</script>").unwrap();
    assert!(data.contains("\\u003c/script>\\u003cb>"), "Text of a model must not end the data.");
    assert_eq!(serde_json::from_str::<Json>(data).unwrap(), profile(&sandbox));
    assert!(page.contains("default-src 'none'"));
    let hosts: Vec<&str> = page
        .split("http")
        .skip(1)
        .map(|rest| &rest[..20])
        .filter(|rest| rest.starts_with("://") || rest.starts_with("s://"))
        .collect();
    assert!(hosts.iter().all(|rest| rest.starts_with("://www.w3.org/2000/s")), "{hosts:?}");
}

#[test]
fn secrets_are_hidden() {
    let sandbox = company().env("DBT_ENV_SECRET_KEY", "wonderland").file(
        "models/told.sql",
        "{{ config(materialized='table', pre_hook=\"select 1 where 'wonderland' = 'x'\") }} select 1 as i",
    );
    let outcome = sandbox.run(&["run", "--profile-nodes", "--select", "told"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    for file in ["target/profile.json", "target/profile.html"] {
        let text = sandbox.read(file);
        assert!(text.contains("*****") && !text.contains("wonderland"), "{file}");
    }
}

#[test]
fn each_step_has_its_own() {
    let sandbox = Sandbox::new()
        .project()
        .file("dbt_project.yml", "name: a\nprofile: p\nvars: {year: 1}\n")
        .file("models/m.sql", "{{ config(materialized='table') }} select range from range({{ var('year') }})");
    let outcome = sandbox.run(&["run", "--for", "year=3..4", "--profile-nodes"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    for (folder, rows) in [("for/year=3/", 3), ("for/year=4/", 4), ("", 4)] {
        let profile = sandbox.json(&format!("target/{folder}profile.json"));
        assert_eq!(node(&profile, "m")["rows_written"], rows, "{folder}");
        assert_eq!(profile["step"], format!("year={rows}"));
        assert!(sandbox.read(&format!("target/{folder}profile.html")).contains("<main"));
    }
}

/// What is advised of which node, without figures.
fn advice(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let with: Vec<&str> = words.iter().copied().chain(["--profile-nodes"]).collect();
    let outcome = sandbox.run(&with);
    assert_eq!(outcome.code, 0, "{outcome}");
    let profile = profile(sandbox);
    let list = profile["advice"].as_array().unwrap();
    for one in list {
        assert!(one["seconds_at_stake"].as_f64().unwrap() >= 0.01, "{one}");
        assert!(!one["evidence"].as_array().unwrap().is_empty(), "{one}");
        assert!(outcome.stdout.contains(one["text"].as_str().unwrap()), "{outcome}");
    }
    list.iter().map(|one| format!("{} {}", one["rule"].as_str().unwrap(), one["name"].as_str().unwrap())).collect()
}

/// A project in which little time is worth a word, so that the rules show on small tables and fast machines.
fn project() -> Sandbox {
    let sandbox = Sandbox::new().env("RDBT_PROFILE_ADVICE_SECONDS", "0.01");
    sandbox.project().file("dbt_project.yml", "name: a\nprofile: p\n")
}

fn heavy() -> Sandbox {
    project().file(
        "models/big.sql",
        "{{ config(materialized='table', access='public') }} select range as i, (hash(range) >> 2)::bigint as h, md5(range::varchar) as id, \
         date '2020-01-01' + (range // 1000)::int as day from range(600000)",
    )
}

#[test]
fn a_view_that_many_compute_should_be_a_table() {
    let reader = |number: i32| {
        format!("{{{{ config(materialized='table') }}}} select max(n) + {number} as n from {{{{ ref('counted') }}}}")
    };
    let mut sandbox = heavy()
        .file("models/counted.sql", "select h % 100 as k, count(distinct id) as n from {{ ref('big') }} group by 1");
    for number in 0..4 {
        sandbox = sandbox.file(&format!("models/reader_{number}.sql"), &reader(number));
    }
    assert_eq!(advice(&sandbox, &["run"]), ["view_as_table counted"]);
    // As a table it is computed once, and there is nothing left to say.
    let sandbox = sandbox.file(
        "models/counted.sql",
        "{{ config(materialized='table') }} select h % 100 as k, count(distinct id) as n from {{ ref('big') }} group by 1",
    );
    assert_eq!(advice(&sandbox, &["run"]), [""; 0]);
}

#[test]
fn a_view_whose_readers_do_the_work_stays_one() {
    let mut sandbox = heavy().file("models/staged.sql", "select i, h, id as key from {{ ref('big') }}");
    for number in 0..4 {
        let sql = format!(
            "{{{{ config(materialized='table') }}}} select h % {number}7 as k, count(distinct key) as n from {{{{ ref('staged') }}}} group by 1"
        );
        sandbox = sandbox.file(&format!("models/reader_{number}.sql"), &sql);
    }
    assert_eq!(advice(&sandbox, &["run"]), [""; 0]);
}

#[test]
fn a_table_read_once_could_be_a_view_unless_it_is_read_twice() {
    let once = heavy()
        .file(
            "models/copied.sql",
            "{{ config(materialized='table') }} select i, id, day, id || 'x' as other from {{ ref('big') }}",
        )
        .file(
            "models/reader.sql",
            "{{ config(materialized='table') }} select count(other) as n from {{ ref('copied') }} where i > 5",
        );
    assert_eq!(advice(&once, &["run"]), ["table_as_view copied"]);
    // DuckDB passes these tests on a table without reading it, but would compute a view for each.
    let tested = once.file(
        "models/s.yml",
        "models: [{name: copied, columns: [{name: i, data_tests: [not_null]}, {name: id, data_tests: [not_null]}]}]\n",
    );
    assert_eq!(advice(&tested, &["build"]), ["table_as_view copied"]);
    let evidence = profile(&tested)["advice"][0]["evidence"].to_string();
    assert!(evidence.contains("{\"what\":\"tests that would compute it too\",\"value\":\"2\"}"), "{evidence}");
    let once = tested.file("models/s.yml", "");
    let twice = once.file(
        "models/another.sql",
        "{{ config(materialized='table') }} select count(id) as n from {{ ref('copied') }}",
    );
    assert_eq!(advice(&twice, &["run"]), [""; 0]);
}

/// An incremental model of the rows that a condition selects; the condition holds for later runs.
fn incremental(strategy: &str, condition: &str) -> Sandbox {
    heavy().file(
        "models/grown.sql",
        &format!(
            "{{{{ config(materialized='incremental', unique_key='id', incremental_strategy='{strategy}') }}}} \
             select * from {{{{ ref('big') }}}} {{% if is_incremental() %}} where {condition} {{% endif %}}"
        ),
    )
}

#[test]
fn an_incremental_model_that_replaces_most_rows_is_named() {
    for strategy in ["delete+insert", "merge"] {
        let sandbox = incremental(strategy, "i >= 0");
        assert_eq!(advice(&sandbox, &["run"]), [""; 0], "{strategy}: the first run makes the table");
        assert_eq!(advice(&sandbox, &["run", "--select", "grown"]), ["incremental_rewrites grown"], "{strategy}");
        let profile = profile(&sandbox);
        let replaced = profile["advice"][0]["evidence"][0]["value"].as_str().unwrap();
        assert_eq!(replaced, "600,000 of 600,000 (100%)", "{strategy}");
    }
}

#[test]
fn an_incremental_model_that_replaces_few_rows_is_not() {
    let sandbox = incremental("merge", "i >= 590000");
    advice(&sandbox, &["run"]);
    assert_eq!(advice(&sandbox, &["run", "--select", "grown"]), [""; 0]);
}

/// A table of many rows of which a later run replaces a few, with keys in no order.
fn growing(config: &str) -> Sandbox {
    project().file(
        "models/grown.sql",
        &format!(
            "{{{{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert'{config}) }}}} \
             select md5(range::varchar) as id, date '2020-01-01' + (range // 1000)::int as day \
             from range({{{{ '1490000, 1500000' if is_incremental() else '1500000' }}}})"
        ),
    )
}

#[test]
fn a_delete_that_reads_all_is_named_and_what_is_advised_helps() {
    let sandbox = growing("");
    advice(&sandbox, &["run"]);
    assert_eq!(advice(&sandbox, &["run"]), ["delete_reads_all grown"]);
    let deleting = |profile: &Json| {
        let all = node(profile, "grown")["statements"].as_array().unwrap();
        let delete = all.iter().find(|one| one["figures"]["rows_deleted"].as_u64() > Some(0)).unwrap();
        [&delete["figures"]["rows_deleted"], &delete["figures"]["rows_scanned"]].map(|rows| rows.as_u64().unwrap())
    };
    let before = deleting(&profile(&sandbox));
    assert!(before[0] == 10_000 && before[1] >= 1_500_000, "{before:?}");
    let sandbox = growing(", incremental_predicates=[\"day >= date '2024-01-30'\"]");
    advice(&sandbox, &["run"]);
    assert_eq!(advice(&sandbox, &["run"]), [""; 0]);
    let after = deleting(&profile(&sandbox));
    assert!(after[0] == 10_000 && after[1] < 300_000, "{after:?}");
}

/// A table in which many queries look for a key.
fn looked_at(config: &str, count: usize) -> Sandbox {
    project()
        .file(
            "models/keyed.sql",
            &format!(
                "{{{{ config(materialized='table', access='public'{config}) }}}} \
                 select (hash(range) >> 2)::bigint as h, range as i from range(100000)"
            ),
        )
        .file(
            "models/looks.sql",
            &format!(
                "{{% for n in range({count}) %}} select i from {{{{ ref('keyed') }}}} where h = {{{{ 4611686018427387 + n }}}} \
                 {{% if not loop.last %}} union all {{% endif %}} {{% endfor %}}"
            ),
        )
        .file("models/found.sql", "{{ config(materialized='table') }} select count(*) as n from {{ ref('looks') }}")
}

#[test]
fn an_index_is_advised_where_duckdb_would_use_it_and_it_pays() {
    let scans = |sandbox: &Sandbox| {
        let text = sandbox.read("target/profile.json");
        ["Sequential Scan", "Index Scan"].map(|kind| text.matches(&format!("[\"Type\",\"{kind}\"]")).count())
    };
    let sandbox = looked_at("", 4000);
    assert_eq!(advice(&sandbox, &["run"]), ["index_for_lookups keyed"]);
    assert_eq!(scans(&sandbox)[1], 0);
    let sandbox = looked_at(", indexes=[{'columns': ['h']}]", 4000);
    assert_eq!(advice(&sandbox, &["run"]), [""; 0]);
    assert_eq!(scans(&sandbox)[1], 4000);
    // Making an index takes longer than a few queries without one.
    let sandbox = looked_at("", 20);
    assert_eq!(advice(&sandbox, &["run"]), [""; 0]);
    assert!(scans(&sandbox)[0] >= 20);
}

#[test]
fn short_memory_is_named_and_enough_is_not() {
    let sorted = |limit: &str| {
        project()
            .file(
                "profiles.yml",
                &format!(
                    "p: {{target: d, outputs: {{d: {{type: duckdb, path: p.duckdb, threads: 1, settings: {{memory_limit: {limit}, threads: 1}}}}}}}}\n"
                ),
            )
            .file(
                "models/sorted.sql",
                "{{ config(materialized='table', access='public') }} \
                 select md5(range::varchar) as id, repeat('x', 100) as wide from range(700000) order by id",
            )
    };
    assert_eq!(advice(&sorted("80MB"), &["run"]), ["spills sorted"]);
    assert_eq!(advice(&sorted("2GB"), &["run"]), [""; 0]);
}

#[test]
fn a_test_slower_than_all_that_is_built_is_named_in_a_build() {
    let sandbox = project()
        .file("models/small.sql", "select 1 as i")
        .file(
            "tests/pairs.sql",
            "select * from (select count(distinct md5(range::varchar)) as n from range(900000)) where n < (select i from {{ ref('small') }})",
        );
    assert_eq!(advice(&sandbox, &["build"]), ["slowest_is_a_test pairs"]);
    // A command that runs tests and nothing else has a slowest test, and that is no news.
    assert_eq!(advice(&sandbox, &["test"]), [""; 0]);
}

#[test]
fn trivial_time_is_not_spoken_of() {
    let sandbox = Sandbox::new().project().file("dbt_project.yml", "name: a\nprofile: p\n").file(
        "models/grown.sql",
        "{{ config(materialized='incremental', unique_key='i', incremental_strategy='delete+insert') }} select range as i from range(1000)",
    );
    advice(&sandbox, &["run"]);
    assert_eq!(advice(&sandbox, &["run"]), [""; 0]);
    let sandbox = sandbox.env("RDBT_PROFILE_ADVICE_SECONDS", "soon");
    let outcome = sandbox.run(&["run", "--profile-nodes"]);
    assert!(
        outcome.stdout.contains("`RDBT_PROFILE_ADVICE_SECONDS` is `soon`, which is no number of seconds"),
        "{outcome}"
    );
}
