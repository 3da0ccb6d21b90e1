//! Seeds loaded into a real database: for each file and configuration the type and the values of every column, and what
//! happens when the file of a seed changes. Everything compared here was recorded from dbt 1.12 by running the
//! tests with `RDBT_TEST_EXE` naming it and `INSTA_UPDATE=always`.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;
use insta::assert_snapshot;

/// Files whose columns get their types from the values alone. `␉` stands for a tab.
const FILES: &[(&str, &str)] = &[
    ("integers", "a,b,c,d\n1,-5,0,+3\n2,,0,4\n"),
    ("big_integers", "a,b\n2147483647,x\n-2147483648,y\n"),
    ("too_big_integers", "a\n2147483648\n"),
    ("leading_zeros", "zip,quoted\n00501,\"007\"\n10001,\"010\"\n"),
    ("decimals", "a,b,c,d\n1.5,1.0,.5,1e3\n2.25,2.0,-.5,2e-3\n"),
    ("integers_then_decimals", "a\n1\n2\n2.5\n"),
    ("not_quite_numbers", "money,percent,thousands\n$5,5%,\"1,234\"\n"),
    ("not_finite", "a,b\nNaN,Infinity\n1,2\n"),
    ("booleans", "a,b,c,d,e\ntrue,TRUE,True,t,1\nfalse,FALSE,,f,0\n"),
    ("dates", "a,b,c\n2024-01-31,2024-02-29,2024-01-31\n2024-12-01,,2024-12-01\n"),
    ("short_dates", "a\n2024-1-5\n"),
    ("impossible_date", "a\n2024-02-30\n"),
    ("other_dates", "a,b,c\n01/31/2024,31.01.2024,20240131\n"),
    ("timestamps", "a,b,c\n2024-01-31 10:20:30,2024-01-31T10:20:30,2024-01-31T10:20:30Z\n2024-01-31 00:00:00,,\n"),
    (
        "timestamps_with_fractions",
        "a,b,c\n2024-01-31 10:20:30.5,2024-01-31T10:20:30.123456,2024-01-31T10:20:30+02:00\n",
    ),
    ("dates_and_timestamps", "a\n2024-01-31\n2024-01-31 10:20:30\n"),
    ("times", "a\n10:20:30\n"),
    ("mixed", "a,b,c\n1,true,2024-01-01\nx,2,3\n"),
    ("nulls", "a,b,c,d\n,null,NULL,\n,,,x\n"),
    ("null_words", "a,b,c\nNone,n/a,NA\n,,\n"),
    ("null_words_in_text", "a,b\nnull,x\ny,NULL\n"),
    ("null_words_in_numbers", "a\nnull\n1\n"),
    ("quoted", "a,b,c\n\"x, y\",\"say \"\"hi\"\"\",\"two\nlines\"\n\"\",\" \",\"5\"\n"),
    ("spaces", "a, b ,c\n 1, x ,y \n"),
    ("header_only", "a,b\n"),
    ("header_without_end", "a,b"),
    ("no_line_end", "a,b\n1,2"),
    ("blank_lines", "a,b\n1,2\n\n3,4\n\n"),
    ("windows_lines", "a,b\r\n1,x\r\n2,y\r\n"),
    ("old_mac_lines", "a,b\r1,x\r2,y\r"),
    ("byte_order_mark", "\u{feff}a,b\n1,x\n"),
    ("letters_of_the_world", "größe,名前\n1,日本\n2,crème\n"),
    ("reserved_names", "select,from,order,group\n1,2,3,4\n"),
    ("names_in_capitals", "Id,NAME\n1,x\n"),
    ("names_with_spaces", "first name,a\nx,1\n"),
    ("names_that_are_numbers", "2023,2024\n1,2\n"),
    ("double_names", "a,a,b\n1,x,2\n"),
    ("same_names_but_for_case", "a,A\n1,2\n"),
    ("nameless", "a,,b\n1,2,3\n"),
    ("too_few_values", "a,b,c\n1,2\n3,4,5\n"),
    ("too_many_values", "a,b\n1,2,3\n"),
    ("empty", ""),
    ("only_line_ends", "\n\n"),
    ("one_column", "a\n1\n\n3\n"),
    ("semicolons_without_saying_so", "a;b\n1;2\n"),
    ("hash", "a,b\n#1,x\n# no comment,y\n"),
    ("backslashes", "a,b\nC:\\temp,\"x\\\"\n"),
    ("single_quotes", "a,b\n'x, y'\n"),
    ("json", "a\n\"{\"\"k\"\": [1, 2]}\"\n"),
];

/// Files whose configuration matters: name, configuration, content.
const CONFIGURED: &[(&str, &str, &str)] = &[
    ("types_given", "{column_types: {a: varchar, b: bigint, c: 'decimal(10,2)'}}", "a,b,c\n007,1,1.5\n"),
    ("types_for_unknown_columns", "{column_types: {nope: varchar}}", "a\n1\n"),
    ("types_in_other_case", "{column_types: {ID: varchar, Name: varchar}}", "id,Name\n007,1\n"),
    (
        "types_that_are_lists",
        "{column_types: {a: 'integer[]', b: json, c: date}}",
        "a,b,c\n\"[1, 2]\",\"{\"\"k\"\": 1}\",2024-01-01\n",
    ),
    ("types_that_do_not_fit", "{column_types: {a: integer}}", "a\nx\n"),
    ("types_unknown", "{column_types: {a: nonsense}}", "a\n1\n"),
    ("text_keeps_null_words", "{column_types: {a: varchar}}", "a,b\nnull,1\n,2\n"),
    ("semicolons", "{delimiter: ';'}", "a;b\n1;x,y\n"),
    ("tabs", "{delimiter: \"\\t\"}", "a\tb\n1\tx y\n"),
    ("bars", "{delimiter: '|'}", "a|b\n1|x\n"),
    ("two_characters", "{delimiter: '||'}", "a||b\n1||x\n"),
    ("quote_columns", "{quote_columns: true}", "select,First Name\n1,x\n"),
    ("quote_columns_not", "{quote_columns: false}", "a,B\n1,x\n"),
    ("slow", "{fast: false}", "a,b,c,d,e\n1,1.5,true,2024-01-01,2024-01-01 10:20:30\n,,,,\n"),
    ("slow_text", "{fast: false}", "a,b\n007,null\nx,\n"),
    ("slow_types_given", "{fast: false, column_types: {a: varchar, b: bigint}}", "a,b\n007,8\n,\n"),
    ("slow_semicolons", "{fast: false, delimiter: ';'}", "a;b\n1;\"x;y\"\n"),
    ("slow_windows_lines", "{fast: false}", "a,b\r\n1,\"x\r\ny\"\r\n"),
    ("slow_quotes", "{fast: false, quote_columns: true}", "select,b\n1,it's\n"),
    ("slow_too_few_values", "{fast: false}", "a,b\n1\n2,3\n"),
    ("slow_nulls_as_text", "{fast: false, column_types: {a: varchar}}", "a,b\nnull,1\n,2\n"),
    ("slow_times", "{fast: false}", "a,b\n2024-01-31T10:20:30.5,2024-01-31T10:20:30+02:00\n"),
    ("slow_double_names", "{fast: false}", "a,a,\n1,2,3\n"),
    ("elsewhere", "{schema: raw, alias: renamed}", "a\n1\n"),
    ("all_text", "{all_varchar: true}", "a,b\n1,2024-01-01\n"),
    ("described", "{persist_docs: {relation: true, columns: true}}", "a\n1\n"),
    ("indexed", "{indexes: [{columns: [a], unique: true}]}", "a,b\n1,2\n"),
    ("disabled", "{enabled: false}", "a\n1\n"),
];

/// A seed of each file; those with configuration get it from a YAML file.
fn seeds(files: &[(&str, &str, &str)]) -> Sandbox {
    let mut sandbox = Sandbox::new().project();
    let mut properties = "seeds:\n".to_owned();
    for (name, config, text) in files {
        sandbox = sandbox.file(&format!("seeds/{name}.csv"), text);
        properties.push_str(&format!("  - name: {name}\n    description: about {name}\n    config: {config}\n"));
    }
    sandbox.file("seeds/seeds.yml", &properties)
}

/// For each seed that was run its status, and what is in the database: names and types of the columns, rows.
fn loaded(sandbox: &Sandbox) -> String {
    let results = sandbox.json("target/run_results.json");
    let nodes = &sandbox.json("target/manifest.json")["nodes"];
    let mut blocks: Vec<String> = Vec::new();
    for result in results["results"].as_array().unwrap() {
        let node = &nodes[result["unique_id"].as_str().unwrap()];
        let mut block = format!("{}: {}\n", node["name"].as_str().unwrap(), result["status"].as_str().unwrap());
        if result["status"] == "success" {
            block.push_str(&content(sandbox, node["relation_name"].as_str().unwrap()));
        }
        blocks.push(block);
    }
    blocks.sort();
    blocks.concat()
}

/// Names and types of the columns of a table, and its rows as text.
fn content(sandbox: &Sandbox, table: &str) -> String {
    let columns =
        sandbox.rows(&format!("select string_agg(column_name || ' ' || column_type, ', ') from (describe {table})"));
    let rows = sandbox.rows(&format!("select columns(*)::varchar from {table} order by all"));
    let lines = columns.lines().chain(rows.lines());
    lines.map(|line| format!("  {}\n", line.replace('\r', "\\r"))).collect()
}

#[test]
fn types_come_from_the_values() {
    let files: Vec<(&str, &str, &str)> = FILES.iter().map(|(name, text)| (*name, "{}", *text)).collect();
    let sandbox = seeds(&files);
    let outcome = sandbox.run(&["seed", "--threads", "4"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    assert_snapshot!(loaded(&sandbox), @r#"
    backslashes: success
      a VARCHAR, b VARCHAR
      C:\temp | x\
    big_integers: success
      a INTEGER, b VARCHAR
      -2147483648 | y
      2147483647 | x
    blank_lines: success
      a INTEGER, b INTEGER
      1 | 2
      3 | 4
    booleans: success
      a BOOLEAN, b BOOLEAN, c BOOLEAN, d VARCHAR, e INTEGER
      false | false | null | f | 0
      true | true | true | t | 1
    byte_order_mark: success
      a INTEGER, b VARCHAR
      1 | x
    dates: success
      a DATE, b DATE, c DATE
      2024-01-31 | 2024-02-29 | 2024-01-31
      2024-12-01 | null | 2024-12-01
    dates_and_timestamps: success
      a VARCHAR
      2024-01-31
      2024-01-31 10:20:30
    decimals: success
      a DOUBLE, b INTEGER, c DOUBLE, d DOUBLE
      1.5 | 1 | 0.5 | 1000.0
      2.25 | 2 | -0.5 | 0.002
    double_names: success
      a INTEGER, a_2 VARCHAR, b INTEGER
      1 | x | 2
    empty: error
    hash: success
      a VARCHAR, b VARCHAR
      # no comment | y
      #1 | x
    header_only: success
      a INTEGER, b INTEGER
    header_without_end: success
      a INTEGER, b INTEGER
    impossible_date: success
      a VARCHAR
      2024-02-30
    integers: success
      a INTEGER, b INTEGER, c INTEGER, d INTEGER
      1 | -5 | 0 | 3
      2 | null | 0 | 4
    integers_then_decimals: success
      a DOUBLE
      1.0
      2.0
      2.5
    json: success
      a VARCHAR
      {"k": [1, 2]}
    leading_zeros: success
      zip INTEGER, quoted INTEGER
      10001 | 10
      501 | 7
    letters_of_the_world: success
      größe INTEGER, 名前 VARCHAR
      1 | 日本
      2 | crème
    mixed: success
      a VARCHAR, b VARCHAR, c VARCHAR
      1 | true | 2024-01-01
      x | 2 | 3
    nameless: success
      a INTEGER, b INTEGER, b_2 INTEGER
      1 | 2 | 3
    names_in_capitals: success
      Id INTEGER, NAME VARCHAR
      1 | x
    names_that_are_numbers: success
      2023 INTEGER, 2024 INTEGER
      1 | 2
    names_with_spaces: success
      first name VARCHAR, a INTEGER
      x | 1
    no_line_end: success
      a INTEGER, b INTEGER
      1 | 2
    not_finite: error
    not_quite_numbers: error
    null_words: success
      a VARCHAR, b VARCHAR, c VARCHAR
      None | n/a | NA
      null | null | null
    null_words_in_numbers: error
    null_words_in_text: success
      a VARCHAR, b VARCHAR
      null | x
      y | NULL
    nulls: error
    old_mac_lines: success
      a INTEGER, b VARCHAR
      1 | x
      2 | y
    one_column: success
      a INTEGER
      1
      3
      null
    only_line_ends: error
    other_dates: success
      a VARCHAR, b VARCHAR, c INTEGER
      01/31/2024 | 31.01.2024 | 20240131
    quoted: success
      a VARCHAR, b VARCHAR, c VARCHAR
      x, y | say "hi" | two
      lines
      null |   | 5
    reserved_names: success
      select INTEGER, from INTEGER, order INTEGER, group INTEGER
      1 | 2 | 3 | 4
    same_names_but_for_case: error
    semicolons_without_saying_so: success
      a;b VARCHAR
      1;2
    short_dates: success
      a DATE
      2024-01-05
    single_quotes: success
      a VARCHAR, b VARCHAR
      'x |  y'
    spaces: success
      a INTEGER,  b  VARCHAR, c VARCHAR
      1 |  x  | y 
    times: success
      a VARCHAR
      10:20:30
    timestamps: success
      a TIMESTAMP, b TIMESTAMP, c TIMESTAMP
      2024-01-31 00:00:00 | null | null
      2024-01-31 10:20:30 | 2024-01-31 10:20:30 | 2024-01-31 10:20:30
    timestamps_with_fractions: success
      a VARCHAR, b TIMESTAMP, c TIMESTAMP
      2024-01-31 10:20:30.5 | 2024-01-31 10:20:30.123456 | 2024-01-31 10:20:30
    too_big_integers: error
    too_few_values: error
    too_many_values: error
    windows_lines: success
      a INTEGER, b VARCHAR
      1 | x
      2 | y
    "#);
}

#[test]
fn options_of_seeds() {
    let sandbox = seeds(CONFIGURED);
    let outcome = sandbox.run(&["seed", "--threads", "4"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    assert_snapshot!(loaded(&sandbox), @r#"
    all_text: success
      a INTEGER, b DATE
      1 | 2024-01-01
    bars: success
      a INTEGER, b VARCHAR
      1 | x
    described: success
      a INTEGER
      1
    elsewhere: success
      a INTEGER
      1
    indexed: success
      a INTEGER, b INTEGER
      1 | 2
    quote_columns: success
      select INTEGER, First Name VARCHAR
      1 | x
    quote_columns_not: success
      a INTEGER, B VARCHAR
      1 | x
    semicolons: success
      a INTEGER, b VARCHAR
      1 | x,y
    slow: success
      a INTEGER, b DOUBLE, c BOOLEAN, d DATE, e TIMESTAMP
      1 | 1.5 | true | 2024-01-01 | 2024-01-01 10:20:30
      null | null | null | null | null
    slow_double_names: success
      a INTEGER, a_2 INTEGER, c INTEGER
      1 | 2 | 3
    slow_nulls_as_text: success
      a VARCHAR, b INTEGER
      null | 1
      null | 2
    slow_quotes: success
      select INTEGER, b VARCHAR
      1 | it's
    slow_semicolons: success
      a INTEGER, b VARCHAR
      1 | x;y
    slow_text: success
      a VARCHAR, b INTEGER
      007 | null
      x | null
    slow_times: success
      a TIMESTAMP, b TIMESTAMP
      2024-01-31 10:20:30.5 | 2024-01-31 10:20:30
    slow_too_few_values: success
      a INTEGER, b INTEGER
      1 | null
      2 | 3
    slow_types_given: success
      a VARCHAR, b BIGINT
      007 | 8
      null | null
    slow_windows_lines: success
      a INTEGER, b VARCHAR
      1 | x
      y
    tabs: success
      a INTEGER, b VARCHAR
      1 | x y
    text_keeps_null_words: success
      a VARCHAR, b INTEGER
      null | 1
      null | 2
    two_characters: error
    types_for_unknown_columns: success
      a INTEGER
      1
    types_given: success
      a VARCHAR, b BIGINT, c DECIMAL(10,2)
      007 | 1 | 1.50
    types_in_other_case: success
      id INTEGER, Name VARCHAR
      7 | 1
    types_that_are_lists: success
      a INTEGER[], b JSON, c DATE
      [1, 2] | {"k": 1} | 2024-01-01
    types_that_do_not_fit: error
    types_unknown: error
    "#);
    assert_snapshot!(
        sandbox.rows("select table_name, comment from duckdb_tables() where comment is not null
            union all select table_name || '.' || column_name, comment from duckdb_columns() where comment is not null"),
        @r"described | about described"
    );
    assert_snapshot!(sandbox.rows("select table_name, is_unique, expressions from duckdb_indexes()"), @r"indexed | true | [a]");
}

/// One seed in three columns, loaded.
fn loaded_seed() -> Sandbox {
    let sandbox = Sandbox::new().project().file("seeds/s.csv", "id,name,day\n1,a,2024-01-01\n2,b,2024-01-02\n");
    assert_eq!(sandbox.run(&["seed"]).code, 0);
    sandbox
}

/// Writes another file under the seed, loads it, then rebuilds it: what each of the two runs leaves.
fn after_change(text: &str) -> String {
    let sandbox = loaded_seed().file("seeds/s.csv", text);
    let plain = sandbox.run(&["seed"]).code;
    let left = content(&sandbox, "s");
    let full = sandbox.run(&["seed", "--full-refresh"]).code;
    format!("exit code {plain}\n{left}with --full-refresh: exit code {full}\n{}", content(&sandbox, "s"))
}

#[test]
fn a_changed_file_fits_the_table_or_needs_a_full_refresh() {
    // Other rows of the same columns.
    assert_snapshot!(after_change("id,name,day\n3,c,2024-01-03\n"), @r"
    exit code 0
      id INTEGER, name VARCHAR, day DATE
      3 | c | 2024-01-03
    with --full-refresh: exit code 0
      id INTEGER, name VARCHAR, day DATE
      3 | c | 2024-01-03
    ");
    // No rows left.
    assert_snapshot!(after_change("id,name,day\n"), @r"
    exit code 0
      id INTEGER, name VARCHAR, day DATE
    with --full-refresh: exit code 0
      id INTEGER, name INTEGER, day INTEGER
    ");
    // One column more, one less, another name, another order: by position, if the number of columns is the same.
    assert_snapshot!(after_change("id,name,day,more\n3,c,2024-01-03,x\n"), @r"
    exit code 1
      id INTEGER, name VARCHAR, day DATE
      1 | a | 2024-01-01
      2 | b | 2024-01-02
    with --full-refresh: exit code 0
      id INTEGER, name VARCHAR, day DATE, more VARCHAR
      3 | c | 2024-01-03 | x
    ");
    assert_snapshot!(after_change("id,name\n3,c\n"), @r"
    exit code 1
      id INTEGER, name VARCHAR, day DATE
      1 | a | 2024-01-01
      2 | b | 2024-01-02
    with --full-refresh: exit code 0
      id INTEGER, name VARCHAR
      3 | c
    ");
    assert_snapshot!(after_change("id,label,day\n3,c,2024-01-03\n"), @r"
    exit code 0
      id INTEGER, name VARCHAR, day DATE
      3 | c | 2024-01-03
    with --full-refresh: exit code 0
      id INTEGER, label VARCHAR, day DATE
      3 | c | 2024-01-03
    ");
    assert_snapshot!(after_change("name,id,day\n4,3,2024-01-03\n"), @r"
    exit code 0
      id INTEGER, name VARCHAR, day DATE
      4 | 3 | 2024-01-03
    with --full-refresh: exit code 0
      name INTEGER, id INTEGER, day DATE
      4 | 3 | 2024-01-03
    ");
    // Values that no longer fit the type of their column.
    assert_snapshot!(after_change("id,name,day\nx3,c,2024-01-03\n"), @r"
    exit code 1
      id INTEGER, name VARCHAR, day DATE
      1 | a | 2024-01-01
      2 | b | 2024-01-02
    with --full-refresh: exit code 0
      id VARCHAR, name VARCHAR, day DATE
      x3 | c | 2024-01-03
    ");
}

#[test]
fn seeds_may_say_whether_they_are_rebuilt() {
    let config = |value: &str| format!("seeds: [{{name: s, config: {{full_refresh: {value}}}}}]");
    let always = loaded_seed().file("seeds/s.yml", &config("true")).file("seeds/s.csv", "a\n1\n");
    assert_eq!(always.run(&["seed"]).code, 0);
    assert_snapshot!(content(&always, "s"), @r"
    a INTEGER
    1
    ");
    let never = loaded_seed().file("seeds/s.yml", &config("false")).file("seeds/s.csv", "a\n1\n");
    assert_eq!(never.run(&["seed", "--full-refresh"]).code, 1);
    assert_snapshot!(content(&never, "s"), @r"
    id INTEGER, name VARCHAR, day DATE
    1 | a | 2024-01-01
    2 | b | 2024-01-02
    ");
}

#[test]
fn a_view_is_not_replaced_by_a_seed() {
    let sandbox = Sandbox::new().project().file("seeds/s.csv", "a\n1\n");
    sandbox.database().execute_batch("create view s as select 1 as b").unwrap();
    let outcome = sandbox.run(&["seed"]);
    assert_snapshot!(outcome.console(), @r#"
    exit code 1
    Concurrency: 1 threads (target='dev')
    1 of 1 START seed file main.s .................................................. [RUN]
    1 of 1 ERROR loading seed file main.s .......................................... [ERROR in N.NNs]
    Finished running 1 seed in TIME (N.NNs).
    Completed with 1 error, 0 partial successes, and 0 warnings:
    [ERROR]: in seed s (seeds/s.csv)
      Compilation Error in seed s (seeds/s.csv)
      Cannot seed to '"a"."main"."s"', it is a view
      
      > in macro materialization_seed_default (macros/materializations/seeds/seed.sql)
      > called by seed s (seeds/s.csv)
    Done. PASS=0 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1
    "#);
    assert_snapshot!(content(&sandbox, "s"), @r"
    b INTEGER
    1
    ");
}

/// The types of the last rows count as those of the first.
#[test]
fn a_million_rows() {
    let mut text = "id,half,word\n".to_owned();
    (0..1_000_000).for_each(|id| text.push_str(&format!("{id},{},w\n", id / 2)));
    let sandbox = Sandbox::new().project().file("seeds/s.csv", &(text + "1000000,0.5,\n"));
    assert_eq!(sandbox.run(&["seed"]).code, 0);
    assert_snapshot!(
        sandbox.rows("select count(*), sum(id)::bigint, sum(half)::varchar, count(word), any_value(typeof(half)) from s"),
        @r"1000001 | 500000500000 | 249999500000.5 | 1000000 | DOUBLE"
    );
}
