//! Microbatch models and samples on a real database: which batches are built, what each reads, what failures leave
//! behind. Recorded from dbt 1.12.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

/// Three days, without the offset that DuckDB's timestamps do not have.
const DAYS: [&str; 4] = ["--event-time-start", "2025-01-02", "--event-time-end", "2025-01-05"];

/// Rows every eight hours, and a model that reads them day by day; `bad` names a batch that fails.
fn project(config: &str) -> Sandbox {
    Sandbox::new()
        .project()
        .file(
            "models/input.sql",
            "{{ config(materialized='table', event_time='seen') }}\nselect i as id, timestamp '2025-01-01 06:00:00' + \
             interval (i * 8) hour as seen from range(12) t(i)\n",
        )
        .file(
            "models/daily.sql",
            &format!(
                "{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='seen', \
                 batch_size='day', begin='2025-01-02', {config}) }}}}\nselect id, seen, '{{{{ model.batch.id if model.batch \
                 }}}}' as batch, {{{{ is_incremental() }}}} as incremental from {{{{ ref('input') }}}}\n{{% if var('bad', \
                 '') | string == (model.batch.id if model.batch else 'none') %}}where error('boom'){{% endif %}}\n"
            ),
        )
        .file("models/below.sql", "select count(*) as rows from {{ ref('daily') }}\n")
}

fn run(sandbox: &Sandbox, words: &[&str]) -> String {
    let all: Vec<&str> = ["run"].iter().chain(words).chain(&DAYS).copied().collect();
    sandbox.run(&all).console()
}

const DAILY: &str =
    "select batch, incremental, count(*), min(seen)::varchar, max(seen)::varchar from daily group by all order by 1";

#[test]
fn each_batch_reads_its_own_span() {
    let sandbox = project(
        "pre_hook='create table if not exists hooks (x text)', post_hook=\"insert into hooks values ('{{ model.batch.id }}')\"",
    );
    assert_snapshot!(run(&sandbox, &[]), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 3 START sql table model main.input ........................................ [RUN]
    1 of 3 OK created sql table model main.input ................................... [OK in N.NNs]
    2 of 3 START sql microbatch model main.daily ................................... [RUN]
    Batch 1 of 3 START batch 2025-01-02 of main.daily .................................... [RUN]
    Batch 1 of 3 OK created batch 2025-01-02 of main.daily ............................... [OK in N.NNs]
    Batch 2 of 3 START batch 2025-01-03 of main.daily .................................... [RUN]
    Batch 2 of 3 OK created batch 2025-01-03 of main.daily ............................... [OK in N.NNs]
    Batch 3 of 3 START batch 2025-01-04 of main.daily .................................... [RUN]
    Batch 3 of 3 OK created batch 2025-01-04 of main.daily ............................... [OK in N.NNs]
    2 of 3 OK created sql microbatch model main.daily .............................. [SUCCESS in N.NNs]
    3 of 3 START sql view model main.below ......................................... [RUN]
    3 of 3 OK created sql view model main.below .................................... [OK in N.NNs]
    Finished running 1 incremental model, 1 table model, 1 view model in TIME (N.NNs).
    Completed successfully
    Done. PASS=3 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=3
    ");
    assert_snapshot!(sandbox.rows(DAILY), @r"
    20250102 | false | 3 | 2025-01-02 06:00:00 | 2025-01-02 22:00:00
    20250103 | true | 3 | 2025-01-03 06:00:00 | 2025-01-03 22:00:00
    20250104 | true | 3 | 2025-01-04 06:00:00 | 2025-01-04 22:00:00
    ");
    assert_snapshot!(sandbox.rows("select * from hooks"), @"20250104");
    let begin = &sandbox.json("target/manifest.json")["nodes"]["model.a.daily"]["config"]["begin"];
    assert_snapshot!(begin, @r#""2025-01-02T00:00:00""#);
    let files: Vec<String> = sandbox.files().into_iter().filter(|file| file.contains("daily")).collect();
    assert_snapshot!(files.join("\n"), @r"
    models/daily.sql
    target/compiled/a/models/daily/daily_2025-01-02.sql
    target/compiled/a/models/daily/daily_2025-01-03.sql
    target/compiled/a/models/daily/daily_2025-01-04.sql
    target/run/a/models/daily/daily_2025-01-02.sql
    target/run/a/models/daily/daily_2025-01-03.sql
    target/run/a/models/daily/daily_2025-01-04.sql
    ");
    assert_snapshot!(sandbox.read("target/compiled/a/models/daily/daily_2025-01-03.sql"), @r#"select id, seen, '20250103' as batch, True as incremental from (select * from "a"."main"."input" where seen >= '2025-01-03 00:00:00+00:00' and seen < '2025-01-04 00:00:00+00:00')"#);
    let results = sandbox.json("target/run_results.json");
    assert_snapshot!(results["results"][1]["batch_results"].to_string(), @r#"{"successful":[["2025-01-02T00:00:00+00:00","2025-01-03T00:00:00+00:00"],["2025-01-03T00:00:00+00:00","2025-01-04T00:00:00+00:00"],["2025-01-04T00:00:00+00:00","2025-01-05T00:00:00+00:00"]],"failed":[]}"#);
    assert_snapshot!(run(&sandbox, &["--full-refresh", "--select", "daily"]), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 1 START sql microbatch model main.daily ................................... [RUN]
    Batch 1 of 3 START batch 2025-01-02 of main.daily .................................... [RUN]
    Batch 1 of 3 OK created batch 2025-01-02 of main.daily ............................... [OK in N.NNs]
    Batch 2 of 3 START batch 2025-01-03 of main.daily .................................... [RUN]
    Batch 2 of 3 OK created batch 2025-01-03 of main.daily ............................... [OK in N.NNs]
    Batch 3 of 3 START batch 2025-01-04 of main.daily .................................... [RUN]
    Batch 3 of 3 OK created batch 2025-01-04 of main.daily ............................... [OK in N.NNs]
    1 of 1 OK created sql microbatch model main.daily .............................. [SUCCESS in N.NNs]
    Finished running 1 incremental model in TIME (N.NNs).
    Completed successfully
    Done. PASS=1 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    ");
}

#[test]
fn a_failed_batch_is_retried_alone() {
    let sandbox = project("concurrent_batches=false");
    assert_eq!(sandbox.run(&["run", "--select", "input"]).code, 0);
    assert_snapshot!(run(&sandbox, &["--select", "daily", "below", "--vars", "{bad: 20250103}"]), @r"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 2 START sql microbatch model main.daily ................................... [RUN]
    Batch 1 of 3 START batch 2025-01-02 of main.daily .................................... [RUN]
    Batch 1 of 3 OK created batch 2025-01-02 of main.daily ............................... [OK in N.NNs]
    Batch 2 of 3 START batch 2025-01-03 of main.daily .................................... [RUN]
    [ERROR]: Unhandled error while executing 
    Exception on worker thread. Runtime Error
      Invalid Input Error: boom
    Batch 2 of 3 ERROR creating batch 2025-01-03 of main.daily ........................... [ERROR in N.NNs]
    Batch 3 of 3 START batch 2025-01-04 of main.daily .................................... [RUN]
    Batch 3 of 3 OK created batch 2025-01-04 of main.daily ............................... [OK in N.NNs]
    1 of 2 PARTIALLY created sql microbatch model main.daily ....................... [PARTIAL SUCCESS (2/3) in N.NNs]
    2 of 2 SKIP relation main.below ................................................ [SKIP]
    Finished running 1 incremental model, 1 view model in TIME (N.NNs).
    Completed with 1 partial success and 0 warnings
    Done. PASS=0 WARN=0 ERROR=1 SKIP=1 NO-OP=0 REUSED=0 TOTAL=2
    ");
    assert_snapshot!(sandbox.rows(DAILY), @r"
    20250102 | false | 3 | 2025-01-02 06:00:00 | 2025-01-02 22:00:00
    20250104 | true | 3 | 2025-01-04 06:00:00 | 2025-01-04 22:00:00
    ");
    let again = sandbox.run(&["retry", "--vars", "{bad: none}"]);
    assert_snapshot!(again.console(), @r"
    exit code 0
    Concurrency: 1 threads (target='dev')
    1 of 2 START sql microbatch model main.daily ................................... [RUN]
    Batch 1 of 1 START batch 2025-01-03 of main.daily .................................... [RUN]
    Batch 1 of 1 OK created batch 2025-01-03 of main.daily ............................... [OK in N.NNs]
    1 of 2 OK created sql microbatch model main.daily .............................. [SUCCESS in N.NNs]
    2 of 2 START sql view model main.below ......................................... [RUN]
    2 of 2 OK created sql view model main.below .................................... [OK in N.NNs]
    Finished running 1 incremental model, 1 view model in TIME (N.NNs).
    Completed successfully
    Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
    ");
    assert_snapshot!(sandbox.rows(DAILY), @r"
    20250102 | false | 3 | 2025-01-02 06:00:00 | 2025-01-02 22:00:00
    20250103 | true | 3 | 2025-01-03 06:00:00 | 2025-01-03 22:00:00
    20250104 | true | 3 | 2025-01-04 06:00:00 | 2025-01-04 22:00:00
    ");
    let results = sandbox.json("target/run_results.json");
    assert_snapshot!(results["results"][0]["batch_results"].to_string(), @r#"{"successful":[["2025-01-03T00:00:00+00:00","2025-01-04T00:00:00+00:00"],["2025-01-02T00:00:00+00:00","2025-01-03T00:00:00+00:00"],["2025-01-04T00:00:00+00:00","2025-01-05T00:00:00+00:00"]],"failed":[]}"#);
}

#[test]
fn without_the_first_batch_there_are_no_others() {
    let sandbox = project("concurrent_batches=true");
    assert_snapshot!(run(&sandbox, &["--vars", "{bad: 20250102}"]), @r"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 3 START sql table model main.input ........................................ [RUN]
    1 of 3 OK created sql table model main.input ................................... [OK in N.NNs]
    2 of 3 START sql microbatch model main.daily ................................... [RUN]
    Batch 1 of 3 START batch 2025-01-02 of main.daily .................................... [RUN]
    [ERROR]: Unhandled error while executing 
    Exception on worker thread. Runtime Error
      Invalid Input Error: boom
    Batch 1 of 3 ERROR creating batch 2025-01-02 of main.daily ........................... [ERROR in N.NNs]
    Batch 2 of 3 SKIP batch 2025-01-03 of main.daily ..................................... [SKIPPED in N.NNs]
    Batch 3 of 3 SKIP batch 2025-01-04 of main.daily ..................................... [SKIPPED in N.NNs]
    2 of 3 ERROR creating sql microbatch model main.daily .......................... [ERROR in N.NNs]
    3 of 3 SKIP relation main.below ................................................ [SKIP]
    Finished running 1 incremental model, 1 table model, 1 view model in TIME (N.NNs).
    Completed with 1 error, 0 partial successes, and 0 warnings:
    [ERROR]: in model daily (models/daily.sql)
      ERROR
    Done. PASS=1 WARN=0 ERROR=1 SKIP=1 NO-OP=0 REUSED=0 TOTAL=3
    ");
}

#[test]
fn batches_run_side_by_side_where_threads_are_free() {
    let sandbox = project("concurrent_batches=true");
    assert_eq!(sandbox.run(&["run", "--select", "input"]).code, 0);
    let words = ["--event-time-start", "2025-01-01", "--event-time-end", "2025-01-20"];
    let all: Vec<&str> = ["run", "--threads", "4", "--select", "daily"].iter().chain(&words).copied().collect();
    let outcome = sandbox.run(&all);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_snapshot!(sandbox.rows("select count(*), count(distinct batch) from daily"), @"12 | 4");
    let again = sandbox.run(&all);
    assert_eq!(again.code, 0, "{again}");
    assert_snapshot!(sandbox.rows("select count(*), count(distinct id) from daily"), @"12 | 12");
}

#[test]
fn a_sample_cuts_what_is_read() {
    let sandbox = project("lookback=1")
        .file("models/plain.sql", "{{ config(materialized='table') }}\nselect * from {{ ref('input') }}\n");
    let window = "{start: '2025-01-02T10:00:00', end: '2025-01-03T12:00:00'}";
    let outcome = sandbox.run(&["run", "--sample", window]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_snapshot!(sandbox.rows("select count(*), min(seen)::varchar, max(seen)::varchar from plain"), @"3 | 2025-01-02 14:00:00 | 2025-01-03 06:00:00");
    assert_snapshot!(sandbox.rows(DAILY), @r"
    20250102 | false | 2 | 2025-01-02 14:00:00 | 2025-01-02 22:00:00
    20250103 | true | 1 | 2025-01-03 06:00:00 | 2025-01-03 06:00:00
    ");
    let said = &sandbox.json("target/run_results.json")["args"]["sample"];
    assert_eq!(said.to_string(), r#"{"start":"2025-01-02T10:00:00+00:00","end":"2025-01-03T12:00:00+00:00"}"#);
    let refused = sandbox.run(&["run", "--sample", "3 weeks"]);
    let complaint = "Error: Invalid value for '--sample': Runtime Error\n  Invalid grain size 'weeks'. Must be one of ['hour', \
                     'day', 'month', 'year', 'hours', 'days', 'months', 'years'].\n";
    assert!(refused.stderr.ends_with(complaint), "{refused}");
}

#[test]
fn a_model_without_an_input_to_cut_is_warned_of() {
    let sandbox = Sandbox::new().project().file(
        "models/alone.sql",
        "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='seen', batch_size='year', \
         begin='2025-01-02') }}\nselect timestamp '2025-01-02' as seen\n",
    );
    assert_snapshot!(run(&sandbox, &[]), @r"
    exit code 0
    [WARNING]: The microbatch model 'alone' has no 'ref' or 'source' input with an 'event_time' configuration. 
    This means no filtering can be applied and can result in unexpected duplicate records in the resulting microbatch model.
    Concurrency: 1 threads (target='dev')
    1 of 1 START sql microbatch model main.alone ................................... [RUN]
    Batch 1 of 1 START batch 2025 of main.alone .......................................... [RUN]
    Batch 1 of 1 OK created batch 2025 of main.alone ..................................... [OK in N.NNs]
    1 of 1 OK created sql microbatch model main.alone .............................. [SUCCESS in N.NNs]
    Finished running 1 incremental model in TIME (N.NNs).
    Completed successfully
    Done. PASS=1 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    ");
}
