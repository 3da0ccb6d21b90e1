//! What a team looks at beside the console: JUnit XML, Markdown, approved SQL. dbt has none of them.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;

fn shop() -> Sandbox {
    Sandbox::new()
        .project()
        .file("dbt_project.yml", "name: shop\nprofile: p\nvars: {limit: 10, region: eu}\n")
        .file("macros/top.sql", "{% macro top() %}limit {{ var('limit') }}{% endmacro %}")
        .file("models/a.sql", "{{ config(materialized='table') }}select 1 as id, 'x < y & \"z\"' as name")
        .file("models/deep/b.sql", "select * from {{ ref('a') }}\n{{ top() }}\n")
        .file("models/e.sql", "{{ config(materialized='ephemeral') }}select 2 as id")
        .file("models/c.sql", "select id\nfrom {{ ref('e') }}")
}

fn broken() -> Sandbox {
    shop()
        .file("models/d.sql", "select nope as \"a<b\" from {{ ref('a') }}")
        .file("models/f.sql", "select * from {{ ref('d') }}")
        .file(
            "models/s.yml",
            "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests:\n          - accepted_values: {arguments: {values: [2]}}\n          - accepted_values: {name: only_warns, arguments: {values: [3]}, config: {severity: warn}}\n",
        )
}

/// JUnit XML without what differs from run to run.
fn settled(text: &str) -> String {
    let time = fancy_regex::Regex::new(r#" (time|timestamp)="[^"]*""#).unwrap();
    time.replace_all(text, "").into_owned()
}

#[test]
fn junit_tells_what_failed_and_why() {
    let sandbox = broken();
    let outcome = sandbox.run(&["run", "--junit", "reports/r.xml"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    insta::assert_snapshot!(settled(&sandbox.read("reports/r.xml")), @r##"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites>
      <testsuite id="0" package="rdbt" name="run" hostname="localhost" tests="5" failures="0" errors="1" skipped="1">
        <properties/>
        <testcase name="a" classname="model.shop"/>
        <testcase name="b" classname="model.shop"/>
        <testcase name="d" classname="model.shop">
          <error message="Binder Error: Referenced column &quot;nope&quot; not found in FROM clause!" type="error">Runtime Error in model d (models/d.sql)
      Binder Error: Referenced column &quot;nope&quot; not found in FROM clause!
      Candidate bindings: &quot;name&quot;
      
      LINE 5:     select nope as &quot;a&lt;b&quot; from &quot;a&quot;.&quot;main&quot;.&quot;a&quot;
                         ^
    compiled code at target/compiled/shop/models/d.sql</error>
        </testcase>
        <testcase name="c" classname="model.shop"/>
        <testcase name="f" classname="model.shop"><skipped/></testcase>
        <system-out></system-out>
        <system-err></system-err>
      </testsuite>
    </testsuites>
    "##);
    sandbox.run(&["test", "-s", "a", "--junit", "t.xml"]);
    insta::assert_snapshot!(settled(&sandbox.read("t.xml")), @r##"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites>
      <testsuite id="0" package="rdbt" name="test" hostname="localhost" tests="2" failures="1" errors="0" skipped="0">
        <properties/>
        <testcase name="accepted_values_a_id__2" classname="test.shop">
          <failure message="Got 1 result, configured to fail if != 0" type="fail">Got 1 result, configured to fail if != 0
    compiled code at target/compiled/shop/models/s.yml/accepted_values_a_id__2.sql</failure>
        </testcase>
        <testcase name="only_warns" classname="test.shop"/>
        <system-out>warning: only_warns: Got 1 result, configured to warn if != 0
    compiled code at target/compiled/shop/models/s.yml/only_warns.sql
    </system-out>
        <system-err></system-err>
      </testsuite>
    </testsuites>
    "##);
}

#[test]
fn a_project_that_cannot_be_read_is_an_error_in_the_report() {
    let sandbox = shop().file("models/b.sql", "select {{ nope( }}");
    let outcome = sandbox.run(&["build", "--junit", "r.xml", "--markdown", "r.md"]);
    assert_eq!(outcome.code, 2, "{outcome}");
    let xml = sandbox.read("r.xml");
    assert!(xml.contains("tests=\"1\" failures=\"0\" errors=\"1\""), "{xml}");
    assert!(xml.contains("Compilation Error in model b (models/b.sql)"), "{xml}");
    assert!(sandbox.read("r.md").starts_with("# rdbt build: 1 of 1 failed\n"));
}

#[test]
fn a_report_that_cannot_be_written_is_said_before_anything_is_built() {
    let sandbox = shop().file("taken", "");
    let outcome = sandbox.run(&["build", "--junit", "taken/r.xml"]);
    assert_eq!(outcome.code, 2, "{outcome}");
    assert!(outcome.stdout.contains("Could not write"), "{outcome}");
    assert!(!sandbox.here().join("a.duckdb").exists());
}

#[test]
fn markdown_shows_failures_first() {
    let sandbox = broken();
    sandbox.run(&["build", "--markdown", "r.md"]);
    let text = sandbox.read("r.md");
    let text = fancy_regex::Regex::new(r"\d+\.\d\d \|").unwrap().replace_all(&text, "N |").into_owned();
    let head = text.split("\n## The slowest").next().unwrap();
    insta::assert_snapshot!(head, @r##"
    # rdbt build: 1 of 7 failed

    | | passed | warned | failed | could not run | skipped | seconds |
    |---|---:|---:|---:|---:|---:|---:|
    | build | 2 | 1 | 1 | 0 | 3 | N |

    ## What failed

    **accepted\_values\_a\_id\_\_2** (test.shop, fail)

    ```
    Got 1 result, configured to fail if != 0
    ```

    Compiled code: `target/compiled/shop/models/s.yml/accepted_values_a_id__2.sql`

    ## Warnings

    - **only\_warns**: Got 1 result, configured to warn if != 0
    "##);
    assert!(text.contains("| node | run | seconds |"), "{text}");
}

#[test]
fn all_steps_are_in_one_report() {
    let sandbox = shop();
    let outcome =
        sandbox.run(&["run", "-s", "a", "b", "--for", "limit=1..3", "--junit", "r.xml", "--markdown", "r.md"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    let xml = sandbox.read("r.xml");
    for (id, limit) in (1..=3).enumerate() {
        assert!(xml.contains(&format!("<testsuite id=\"{id}\" package=\"rdbt\" name=\"run limit={limit}\"")), "{xml}");
    }
    assert_eq!(xml.matches("<testcase name=\"b\" classname=\"model.shop\"").count(), 3, "{xml}");
    let markdown = sandbox.read("r.md");
    assert!(markdown.starts_with("# rdbt run: all 6 passed\n"), "{markdown}");
    assert!(markdown.contains("| run limit=2 | 2 | 0 | 0 | 0 | 0 |"), "{markdown}");
}

#[test]
fn golden_compares_with_what_was_approved() {
    let sandbox = shop();
    let first = sandbox.run(&["golden"]);
    assert_eq!(first.code, 1, "{first}");
    assert!(first.stdout.contains("new: shop/models/deep/b.sql\n"), "{first}");
    assert!(first.stdout.contains("4 models: 0 changed, 4 new, 0 removed. `rdbt golden --update` approves"), "{first}");
    assert!(!sandbox.here().join("golden").exists());
    assert_eq!(sandbox.run(&["golden", "--update"]).code, 0);
    assert_eq!(sandbox.read("golden/shop/models/deep/b.sql"), "select * from \"a\".\"main\".\"a\"\nlimit 10\n");
    assert!(sandbox.read("golden/shop/models/c.sql").contains("__dbt__cte__e"));
    let same = sandbox.run(&["golden"]);
    assert_eq!(same.code, 0, "{same}");
    assert!(same.stdout.contains("4 models are as approved."), "{same}");
    // A variable, a new model and one that is gone.
    let sandbox = sandbox.file("models/g.sql", "select 3");
    std::fs::remove_file(sandbox.here().join("models/c.sql")).unwrap();
    let words = ["golden", "--vars", "limit=20", "--junit", "g.xml", "--markdown", "g.md"];
    let changed = sandbox.run(&words);
    assert_eq!(changed.code, 1, "{changed}");
    let diff = "--- golden/shop/models/deep/b.sql (approved)\n+++ golden/shop/models/deep/b.sql (compiled)\n@@ -1,2 +1,2 @@\n select * from \"a\".\"main\".\"a\"\n-limit 10\n+limit 20\n";
    assert!(changed.stdout.contains(diff), "{changed}");
    assert!(
        changed.stdout.contains("new: shop/models/g.sql\n") && changed.stdout.contains("removed: shop/models/c.sql\n")
    );
    assert!(sandbox.read("g.xml").contains("tests=\"5\" failures=\"3\""), "{}", sandbox.read("g.xml"));
    assert!(sandbox.read("g.md").contains("```diff\n--- golden/shop/models/deep/b.sql"), "{}", sandbox.read("g.md"));
    // A selection says nothing of files outside of it.
    let part = sandbox.run(&["golden", "-s", "a"]);
    assert_eq!(part.code, 0, "{part}");
    assert_eq!(sandbox.run(&["golden", "--update", "--vars", "limit=20"]).code, 0);
    assert!(!sandbox.here().join("golden/shop/models/c.sql").exists());
    assert_eq!(sandbox.run(&["golden", "--vars", "limit=20"]).code, 0);
    assert_eq!(sandbox.run(&["golden"]).code, 1);
}

#[test]
fn golden_colours_its_differences_and_takes_another_folder() {
    let sandbox =
        shop().file("dbt_project.yml", "name: shop\nprofile: p\nvars: {limit: 10}\nflags: {golden_path: ci/sql}\n");
    assert_eq!(sandbox.run(&["golden", "--update"]).code, 0);
    assert!(sandbox.here().join("ci/sql/shop/models/a.sql").exists());
    let outcome = sandbox.run(&["golden", "--vars", "limit=1", "--use-colors"]);
    assert!(outcome.stdout.contains("\u{1b}[31m-limit 10\u{1b}[0m\n\u{1b}[32m+limit 1\u{1b}[0m"), "{outcome}");
    for (folder, why) in
        [("models/x", "reads everything in `models`"), (".", "holds the whole project"), ("..", "holds the whole")]
    {
        let refused = sandbox.run(&["golden", "--update", "--golden-path", folder]);
        assert_eq!(refused.code, 2, "{refused}");
        assert!(refused.stdout.contains(why), "{refused}");
    }
}

#[test]
fn golden_takes_other_kinds_of_nodes_and_finds_orphans() {
    let sandbox = shop()
        .file("tests/few.sql", "select * from {{ ref('a') }} where 1 = {{ var('limit') }}")
        .file("analyses/look.sql", "select {{ var('limit') }} as x")
        .file("models/s.yml", "models:\n  - {name: a, columns: [{name: x, data_tests: [not_null]}]}\n")
        .file(
            "snapshots/s.sql",
            "{% snapshot s %}{{ config(unique_key='x', strategy='check', check_cols='all') }}select * from {{ ref('a') }}{% endsnapshot %}",
        );
    let everything = ["golden", "--resource-type", "all"];
    let first = sandbox.run(&everything);
    assert_eq!(first.code, 1, "{first}");
    assert!(first.stdout.contains("nodes: 0 changed,"), "{first}");
    assert_eq!(sandbox.run(&[&everything[..], &["--update"]].concat()).code, 0);
    for file in ["tests/few.sql", "analyses/look.sql", "models/s.yml/not_null_a_x.sql", "snapshots/s.sql/s.sql"] {
        assert!(sandbox.here().join("golden/shop").join(file).exists(), "{file}");
    }
    // Files of nodes that are not asked for are no orphans.
    for words in [&["golden"][..], &["golden", "--resource-type", "test", "snapshot"], &everything] {
        let same = sandbox.run(words);
        assert_eq!(same.code, 0, "{same}");
    }
    let changed =
        sandbox.run(&["golden", "--quiet", "--resource-type", "test", "--vars", "limit=20", "--junit", "g.xml"]);
    assert_eq!((changed.code, changed.stdout.matches("\n@@").count()), (1, 1), "{changed}");
    assert!(sandbox.read("g.xml").contains("classname=\"test.shop\""), "{}", sandbox.read("g.xml"));
    // Renamed, deleted, disabled.
    std::fs::rename(sandbox.here().join("analyses/look.sql"), sandbox.here().join("analyses/seen.sql")).unwrap();
    std::fs::remove_file(sandbox.here().join("tests/few.sql")).unwrap();
    let sandbox = sandbox.file("models/c.sql", "{{ config(enabled=false) }}select 1 as x");
    let orphans = sandbox.run(&[&everything[..], &["--quiet"]].concat());
    let expected = "new: shop/analyses/seen.sql\nremoved: shop/analyses/look.sql\nremoved: shop/models/c.sql\nremoved: shop/tests/few.sql\n";
    assert_eq!((orphans.code, orphans.stdout.as_str()), (1, expected), "{orphans}");
    let wrong = sandbox.run(&["golden", "--resource-type", "seed"]);
    assert_eq!(wrong.code, 2, "{wrong}");
}

/// What `golden --update` deletes must have been approved before.
#[test]
fn golden_leaves_folders_of_others_alone() {
    let sandbox = shop().file("scripts/build.py", "print(1)\n").file("scripts/deep/q.sql", "select 1");
    for words in [&["golden", "--golden-path", "scripts"][..], &["golden", "--update", "--golden-path", "scripts"]] {
        let refused = sandbox.run(words);
        assert_eq!(refused.code, 2, "{refused}");
        assert!(refused.stdout.contains("which holds other files, such as `build.py`"), "{refused}");
    }
    assert!(sandbox.here().join("scripts/build.py").exists() && sandbox.here().join("scripts/deep/q.sql").exists());
    // One folder for each value, in the folder of all: neither takes the other's files for its own.
    assert_eq!(sandbox.run(&["golden", "--update"]).code, 0);
    let of_twenty = ["golden", "--vars", "limit=20", "--golden-path", "golden/limit=20"];
    assert_eq!(sandbox.run(&[&of_twenty[..], &["--update"]].concat()).code, 0);
    for words in [&["golden"][..], &of_twenty, &["golden", "--update"], &of_twenty] {
        assert_eq!(sandbox.run(words).code, 0, "{words:?}");
    }
    assert!(sandbox.read("golden/limit=20/shop/models/deep/b.sql").contains("limit 20"));
}

#[test]
fn retry_reports_what_it_repeats() {
    let sandbox = broken();
    sandbox.run(&["build", "--junit", "first.xml"]);
    let first = sandbox.read("first.xml");
    let again = sandbox.run(&["retry", "--junit", "again.xml", "--markdown", "again.md", "--record-runs"]);
    assert_eq!(again.code, 1, "{again}");
    assert_eq!(sandbox.read("first.xml"), first);
    let (passed, repeated) =
        (first.matches("<testcase").count(), sandbox.read("again.xml").matches("<testcase").count());
    assert!(0 < repeated && repeated < passed, "{repeated} of {passed}");
    assert!(sandbox.read("again.md").starts_with("# rdbt build: "), "{}", sandbox.read("again.md"));
    assert_ne!(sandbox.rows("select count(*) from rdbt_runs"), "0\n");
    // A command that writes no reports.
    sandbox.run(&["compile"]);
    let refused = sandbox.run(&["retry", "--junit", "none.xml"]);
    assert_eq!(refused.code, 2, "{refused}");
    assert!(
        refused.stdout.contains("The last command was `compile`, which writes no report for --junit."),
        "{refused}"
    );
    let nowhere = sandbox.run(&["retry", "--junit"]);
    assert_eq!(nowhere.code, 2, "{nowhere}");
}
