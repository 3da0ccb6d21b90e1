//! `source freshness`: what decides how fresh a source is, what each source says, and what `sources.json` keeps of it.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

/// A table whose last row is of three hours ago and others of two days ago, an empty one and a file.
fn project(sources: &str) -> Sandbox {
    let sandbox = Sandbox::new()
        .project()
        .file("models/sources.yml", sources)
        .file("data/read.csv", "stamp\n2020-01-01 00:00:00\n");
    let hours = |hours: u32| format!("(now() at time zone 'utc') - interval '{hours} hours'");
    let tables = format!(
        "create table loaded as select 1 as id, {} as stamp union all select 9, {};
         create table nothing (stamp timestamp)",
        hours(3),
        hours(48),
    );
    sandbox.database().execute_batch(&tables).unwrap();
    sandbox
}

const SOURCES: &str = "sources:
  - name: raw
    schema: main
    config: {freshness: {warn_after: {count: 1, period: hour}, error_after: {count: 1, period: day}}, loaded_at_field: stamp}
    tables:
      - {name: inherits, identifier: loaded}
      - {name: fresh, identifier: loaded, config: {freshness: {warn_after: {count: 4, period: hour}}}}
      - {name: stale, identifier: loaded, config: {freshness: {error_after: {count: 120, period: minute}}}}
      - {name: without_warning, identifier: loaded, config: {freshness: {warn_after: null}}}
      - {name: filtered, identifier: loaded, config: {freshness: {filter: id > 5}}}
      - {name: by_expression, identifier: loaded, config: {loaded_at_field: stamp + interval 150 minutes}}
      - {name: by_query, identifier: loaded, config: {loaded_at_field: null, loaded_at_query: \"select max(stamp) from {{ this }} where id < 5\"}}
      - {name: not_asked, identifier: loaded, config: {freshness: null}}
      - {name: nothing}
      - {name: missing}
  - name: files
    config: {meta: {external_location: 'data/{name}.csv'}}
    tables: [{name: read, config: {loaded_at_field: stamp, freshness: {warn_after: {count: 1, period: day}}}}]
  - name: silent
    schema: main
    tables: [{name: loaded}]
";

/// Name, status, criteria and filter of each entry of `sources.json`, and the message of those that failed.
fn kept(sandbox: &Sandbox, path: &str) -> String {
    let results = sandbox.json(path);
    let mut lines: Vec<String> = Vec::new();
    for result in results["results"].as_array().unwrap() {
        let name = result["unique_id"].as_str().unwrap().trim_start_matches("source.a.");
        let said = match result["error"].as_str() {
            Some(error) => error.to_owned(),
            None => {
                let hours = result["max_loaded_at_time_ago_in_s"].as_f64().unwrap() / 3600.0;
                format!("{} h, {}", if hours > 1000.0 { 1000.0 } else { hours.round() }, result["criteria"])
            }
        };
        lines.push(format!("{name}: {}, {said}\n", result["status"].as_str().unwrap()));
    }
    lines.sort();
    lines.concat()
}

#[test]
fn statements_say_which_source_they_ask() {
    let sandbox = project(SOURCES);
    sandbox.run(&["source", "freshness"]);
    let log = sandbox.read("logs/dbt.log");
    assert!(log.contains("\"node_id\": \"source.a.raw.fresh\"} */"), "{log}");
    assert!(!log.contains("\"connection_name\": \"source."), "{log}");
}

#[test]
fn every_way_to_be_fresh() {
    let sandbox = project(SOURCES);
    let outcome = sandbox.run(&["source", "freshness"]);
    assert_snapshot!(outcome.console(), @r#"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 10 START freshness of files.read .......................................... [RUN]
    1 of 10 WARN freshness of files.read ........................................... [WARN in N.NNs]
    2 of 10 START freshness of raw.by_expression ................................... [RUN]
    2 of 10 PASS freshness of raw.by_expression .................................... [PASS in N.NNs]
    3 of 10 START freshness of raw.by_query ........................................ [RUN]
    3 of 10 WARN freshness of raw.by_query ......................................... [WARN in N.NNs]
    4 of 10 START freshness of raw.filtered ........................................ [RUN]
    4 of 10 ERROR STALE freshness of raw.filtered .................................. [ERROR STALE in N.NNs]
    5 of 10 START freshness of raw.fresh ........................................... [RUN]
    5 of 10 PASS freshness of raw.fresh ............................................ [PASS in N.NNs]
    6 of 10 START freshness of raw.inherits ........................................ [RUN]
    6 of 10 WARN freshness of raw.inherits ......................................... [WARN in N.NNs]
    7 of 10 START freshness of raw.missing ......................................... [RUN]
    7 of 10 ERROR freshness of raw.missing ......................................... [ERROR in N.NNs]
    8 of 10 START freshness of raw.nothing ......................................... [RUN]
    8 of 10 ERROR STALE freshness of raw.nothing ................................... [ERROR STALE in N.NNs]
    9 of 10 START freshness of raw.stale ........................................... [RUN]
    9 of 10 ERROR STALE freshness of raw.stale ..................................... [ERROR STALE in N.NNs]
    10 of 10 START freshness of raw.without_warning ................................ [RUN]
    10 of 10 PASS freshness of raw.without_warning ................................. [PASS in N.NNs]
    Finished running 10 sources in TIME (N.NNs).
    [ERROR]: in source filtered (models/sources.yml)
      Status: error
      Runtime Error in source missing (models/sources.yml)
      Catalog Error: Table with name missing does not exist!
      Did you mean "nothing"?
      
      LINE 5:     from "a"."main"."missing"
                       ^
    [ERROR]: in source nothing (models/sources.yml)
      Status: error
    [ERROR]: in source stale (models/sources.yml)
      Status: error
    Done.
    "#);
    assert_snapshot!(kept(&sandbox, "target/sources.json"), @r#"
    files.read: warn, 1000 h, {"warn_after":{"count":1,"period":"day"},"error_after":{"count":null,"period":null},"filter":null}
    raw.by_expression: pass, 1 h, {"warn_after":{"count":1,"period":"hour"},"error_after":{"count":1,"period":"day"},"filter":null}
    raw.by_query: warn, 3 h, {"warn_after":{"count":1,"period":"hour"},"error_after":{"count":1,"period":"day"},"filter":null}
    raw.filtered: error, 48 h, {"warn_after":{"count":1,"period":"hour"},"error_after":{"count":1,"period":"day"},"filter":"id > 5"}
    raw.fresh: pass, 3 h, {"warn_after":{"count":4,"period":"hour"},"error_after":{"count":1,"period":"day"},"filter":null}
    raw.inherits: warn, 3 h, {"warn_after":{"count":1,"period":"hour"},"error_after":{"count":1,"period":"day"},"filter":null}
    raw.nothing: error, 1000 h, {"warn_after":{"count":1,"period":"hour"},"error_after":{"count":1,"period":"day"},"filter":null}
    raw.stale: error, 3 h, {"warn_after":{"count":1,"period":"hour"},"error_after":{"count":120,"period":"minute"},"filter":null}
    raw.without_warning: pass, 3 h, {"warn_after":null,"error_after":{"count":1,"period":"day"},"filter":null}
    "#);
}

#[test]
fn freshness_of_selected_sources_into_another_file() {
    let sandbox = project(SOURCES);
    let outcome = sandbox.run(&[
        "source",
        "freshness",
        "--select",
        "source:raw.fresh",
        "source:files",
        "-o",
        "target/other.json",
    ]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_snapshot!(kept(&sandbox, "target/other.json"), @r#"
    files.read: warn, 1000 h, {"warn_after":{"count":1,"period":"day"},"error_after":{"count":null,"period":null},"filter":null}
    raw.fresh: pass, 3 h, {"warn_after":{"count":4,"period":"hour"},"error_after":{"count":1,"period":"day"},"filter":null}
    "#);
    let outcome = sandbox.run(&["source", "freshness", "--select", "source:raw.nothing"]);
    assert_snapshot!(outcome.console(), @r"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 1 START freshness of raw.nothing .......................................... [RUN]
    1 of 1 ERROR STALE freshness of raw.nothing .................................... [ERROR STALE in N.NNs]
    Finished running 1 source in TIME (N.NNs).
    [ERROR]: in source nothing (models/sources.yml)
      Status: error
    Done.
    ");
}

/// What `parse` says of one source's configuration.
fn refused(config: &str) -> String {
    let sources = format!("sources: [{{name: raw, schema: main, tables: [{{name: loaded, {config}}}]}}]\n");
    project(&sources).run(&["source", "freshness"]).console()
}

/// dbt says of an unknown period that a field has an invalid value, with a traceback.
#[test]
fn configurations_that_measure_nothing() {
    assert_snapshot!(refused("config: {freshness: {warn_after: {count: 1, period: day}}}"), @r"
    exit code 1
    [WARNING]: The configured adapter does not support metadata-based freshness. A loaded_at_field must be specified for source 'raw.loaded'.
    Concurrency: 1 threads (target='dev')
    1 of 1 START freshness of raw.loaded ........................................... [RUN]
    1 of 1 ERROR freshness of raw.loaded ........................................... [ERROR in N.NNs]
    Finished running 1 source in TIME (N.NNs).
      Runtime Error in source loaded (models/sources.yml)
      Could not compute freshness for source loaded: no 'loaded_at_field' provided and duckdb adapter does not support metadata-based freshness checks.
    Done.
    ");
    assert_snapshot!(refused("config: {loaded_at_field: stamp, loaded_at_query: select 1, freshness: {warn_after: {count: 1, period: day}}}"), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Parsing Error
      Cannot specify both loaded_at_field and loaded_at_query at table level.
    ");
    assert_snapshot!(refused("config: {loaded_at_field: stamp, freshness: {warn_after: {count: 1, period: year}}}"), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Parsing Error
      The freshness of source 'raw.loaded' has the period "year" in `warn_after`, which is no period.
      Write minute, hour or day.
    "#);
    assert_snapshot!(refused("config: {loaded_at_field: stamp, freshness: {warn_after: {count: 1}}}"), @r"
    exit code 0
    [WARNING]: Nothing to do. Try checking your model configs and model specification args
    Done.
    ");
    let number = refused("config: {loaded_at_field: id, freshness: {warn_after: {count: 1, period: day}}}");
    assert!(number.contains("Expected a timestamp value when querying field 'last_modified'"), "{number}");
    assert_snapshot!(refused("config: {loaded_at_field: stamp}"), @r"
    exit code 0
    [WARNING]: Nothing to do. Try checking your model configs and model specification args
    Done.
    ");
}
