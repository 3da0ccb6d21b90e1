//! Small parts by themselves.

use crate::graph::glob::{matches, path_matches};
use crate::graph::spec::{Criterion, Indirect, Method};

#[test]
fn patterns_match_as_in_python() {
    for (text, pattern, expected) in [
        ("stg_orders", "stg_*", true),
        ("stg_orders", "*", true),
        ("", "*", true),
        ("", "", true),
        ("a", "", false),
        ("stg_orders", "stg_?rders", true),
        ("stg_orders", "stg_[!o]*", false),
        ("stg_orders", "stg_[a-p]*", true),
        ("a]b", "a[]]b", true),
        ("a[b", "a[b", true),
        ("abcabd", "*abd", true),
        ("abc", "*d*", false),
        ("a.b", "a*b", true),
        ("A", "a", false),
    ] {
        assert_eq!(matches(text, pattern), expected, "{text} against {pattern}");
    }
    assert!(path_matches(&["a", "b", "c.sql"], &["a", "**", "*.sql"]));
    assert!(path_matches(&["a", "c.sql"], &["a", "**", "*.sql"]));
    assert!(path_matches(&[], &["**"]));
    assert!(!path_matches(&["a", "b"], &["a"]));
}

#[test]
fn a_criterion_falls_into_its_parts() {
    let parse = |raw: &str| Criterion::parse(raw, Indirect::Eager).unwrap();
    let all = parse("2+config.meta.owner:jane+3");
    assert_eq!(
        (all.method, all.arguments, all.value),
        (Method::Config, vec!["meta".into(), "owner".into()], "jane".into())
    );
    assert_eq!((all.parents, all.children), (Some(Some(2)), Some(Some(3))));
    let plus = parse("+a+b+");
    assert_eq!((plus.value, plus.parents, plus.children), ("a+b".into(), Some(None), Some(None)));
    let at = parse("@path/to");
    assert_eq!((at.method, at.childrens_parents), (Method::Path, true));
    assert_eq!(parse("orders.SQL").method, Method::File);
    assert_eq!(parse("5").value, "5");
    assert_eq!(parse("a b:c").method, Method::Fqn);
    assert_eq!(parse("").value, "");
}

#[test]
fn a_near_method_is_offered() {
    let error = Criterion::parse("tags:x", Indirect::Eager).unwrap_err();
    assert_eq!(error.message, "'tags' is not a valid method name");
    assert_eq!(error.hints, ["Did you mean `tag`?"]);
}
