//! What the case files cannot show: places, look-ups, limits and the way to JSON.

#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.
use serde_json::json;

use super::{DumpOptions, Node, Span, Value, dump, from_json, parse, parse_checked, to_json};

fn read(text: &str) -> Node {
    parse(text, "models/schema.yml").unwrap()
}

#[test]
fn values_know_their_place() {
    let root = read("models:\n  - name: orders\n    config: {enabled: off}\n");
    let model = &root.get("models").unwrap().as_seq().unwrap()[0];
    assert_eq!(model.span, Span { line: 2, column: 5 });
    let enabled = model.get_path(&["config", "enabled"]).unwrap();
    assert_eq!(enabled.as_bool(), Some(false));
    let place = Span { line: 3, column: 23 };
    assert_eq!(enabled.span, place);
    let (key, _) = model.as_map().unwrap().get_entry("config").unwrap();
    assert_eq!(key.span, Span { line: 3, column: 5 });
}

#[test]
fn errors_speak_as_dbt_does() {
    let error = parse("version: 2\na: b: c\n", "models/schema.yml").unwrap_err();
    assert_eq!((error.line, error.column), (2, 5));
    assert_eq!(error.path, "models/schema.yml");
    let expected = "Syntax error near line 2\n\
        ------------------------------\n\
        1  | version: 2\n\
        2  | a: b: c\n\
        3  | \n\n\
        Raw Error:\n\
        ------------------------------\n\
        mapping values are not allowed in this context\n  \
        in \"<unicode string>\", line 2, column 5";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn large_maps_are_found_by_key() {
    let text: String = (0..100).map(|n| format!("key{n}: {n}\n")).collect();
    let (root, duplicates) = parse_checked(&format!("{text}key7: again\n"), "x.yml").unwrap();
    let map = root.as_map().unwrap();
    assert_eq!(map.len(), 100);
    assert_eq!(map.get("key99").and_then(Node::as_i64), Some(99));
    assert_eq!(map.get("key7").and_then(Node::as_str), Some("again"));
    assert_eq!(duplicates.len(), 1);
    assert_eq!(duplicates[0].span.line, 101);
}

#[test]
fn nesting_and_expansion_are_bounded() {
    let deep = format!("{}{}", "[".repeat(499), "]".repeat(499));
    assert!(to_json(&read(&deep).value).is_array());
    let deeper = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    assert!(parse(&deeper, "x.yml").is_err());
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{alias}]\n"));
    }
    assert!(parse(&bomb, "x.yml").is_err());
}

#[test]
fn json_has_iso_dates_and_text_keys() {
    let root = read("1: 2020-01-02\nyes: 2020-01-02 03:04:05.5 +01:00\n~: !!set {a}\n");
    let expected = json!({
        "1": "2020-01-02T03:04:05.500000+01:00",
        "null": ["a"],
    });
    assert_eq!(to_json(&root.value), expected);
    assert_eq!(from_json(json!(1.5)), Value::Float(1.5));
    assert_eq!(from_json(json!(u64::MAX)).type_name(), "int");
}

#[test]
fn every_type_is_written_so_that_it_reads_back() {
    let text = "a: 2020-01-02\nb: 2020-01-02 03:04:05.500000+01:00\nc: !!set\n  x: null\n\
        d: !!binary |\n  aGVsbG8=\ne:\n- 123456789012345678901234567890\n- .inf\n";
    assert_eq!(dump(&read(text).value, DumpOptions::default()), text);
}
