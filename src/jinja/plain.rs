//! Templates that need no render while parsing: nothing but text and calls of `ref`, `source`, `config` and `var` with
//! literal arguments. What such a file says can be read off its syntax tree, which is far cheaper than running it; and
//! most files of most projects are like that.

use serde_json::{Map as JsonMap, Value as Json};

use super::static_calls::with_tree;
use super::syntax::ast::{Args, Expr, ExprKind, Stmt, StmtKind};

/// What a plain template calls.
#[derive(Debug, Clone, PartialEq)]
pub enum PlainCall {
    /// `ref(name)` or `ref(package, name)`
    Ref(Vec<String>),
    /// `source(source, table)`
    Source([String; 2]),
    /// `config(key=literal, ...)`
    Config(JsonMap<String, Json>),
    /// `var(name)`, with or without a literal default.
    Var(String, Option<Json>),
}

impl PlainCall {
    /// The name that is called.
    pub fn function(&self) -> &'static str {
        match self {
            PlainCall::Ref(_) => "ref",
            PlainCall::Source(_) => "source",
            PlainCall::Config(_) => "config",
            PlainCall::Var(..) => "var",
        }
    }
}

/// What a plain template prints: its text and its calls.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Text as it is, white space controlled.
    Text(String),
    /// What a call comes to.
    Call(PlainCall),
}

/// A plain template taken apart; none if it is not plain, or cannot be parsed.
pub fn plain_pieces(source: &str) -> Option<Vec<Piece>> {
    let mut found = None;
    with_tree(source, |body| found = pieces_in(body));
    found
}

/// The calls of a plain template in order; none if it is not plain, or cannot be parsed.
pub fn plain_calls(source: &str) -> Option<Vec<PlainCall>> {
    if !source.contains("{{") && !source.contains("{%") && !source.contains("{#") {
        return Some(Vec::new());
    }
    let calls = plain_pieces(source)?.into_iter().filter_map(|piece| match piece {
        Piece::Call(call) => Some(call),
        Piece::Text(_) => None,
    });
    Some(calls.collect())
}

fn pieces_in(body: &[Stmt<'_>]) -> Option<Vec<Piece>> {
    let piece = |stmt: &Stmt<'_>| match &stmt.kind {
        StmtKind::Data(text) => Some(Piece::Text(text.to_string())),
        StmtKind::Print(expr) => plain_call(expr).map(Piece::Call),
        _ => None,
    };
    body.iter().map(piece).collect()
}

fn plain_call(expr: &Expr<'_>) -> Option<PlainCall> {
    let ExprKind::Call(callee, args) = &expr.kind else { return None };
    let ExprKind::Name(function) = callee.kind else { return None };
    if args.star.is_some() || args.star_star.is_some() {
        return None;
    }
    match (function, args.named.is_empty()) {
        ("ref", true) if matches!(args.pos.len(), 1 | 2) => texts(args).map(PlainCall::Ref),
        ("source", true) => texts(args)?.try_into().ok().map(PlainCall::Source),
        ("config", false) if args.pos.is_empty() => config(args).map(PlainCall::Config),
        ("var", true) => match args.pos.as_slice() {
            [name] => Some(PlainCall::Var(text(name)?, None)),
            [name, default] => Some(PlainCall::Var(text(name)?, Some(literal(default)?))),
            _ => None,
        },
        _ => None,
    }
}

fn texts(args: &Args<'_>) -> Option<Vec<String>> {
    args.pos.iter().map(text).collect()
}

fn text(expr: &Expr<'_>) -> Option<String> {
    match &expr.kind {
        ExprKind::Str(text) => Some(text.to_string()),
        _ => None,
    }
}

/// The arguments of `config()`. Hooks have two spellings, and a key twice is an error: both are left to a render.
fn config(args: &Args<'_>) -> Option<JsonMap<String, Json>> {
    let mut options = JsonMap::new();
    for (name, value) in &args.named {
        if matches!(*name, "pre_hook" | "post_hook") || options.insert((*name).to_owned(), literal(value)?).is_some() {
            return None;
        }
    }
    Some(options)
}

fn literal(expr: &Expr<'_>) -> Option<Json> {
    match &expr.kind {
        ExprKind::None => Some(Json::Null),
        ExprKind::Bool(flag) => Some(Json::Bool(*flag)),
        ExprKind::Str(text) => Some(Json::String(text.to_string())),
        ExprKind::Int(digits) => digits.parse::<i64>().ok().map(Json::from),
        ExprKind::List(items) => items.iter().map(literal).collect::<Option<_>>().map(Json::Array),
        ExprKind::Dict(pairs) => {
            let mut entries = JsonMap::new();
            for (key, value) in pairs {
                entries.insert(text(key)?, literal(value)?);
            }
            Some(Json::Object(entries))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{PlainCall, plain_calls};

    #[test]
    fn what_a_plain_template_says() {
        let source = "{{ config(materialized='table', tags=['a', 'b'], meta={'k': 1}) }} select {# c #} * from \
                      {{ ref('a') }}, {{- ref('p', 'b') }} where {{ var('x', 0) }} {{ source('s', \"t\") }}";
        let config = json!({"materialized": "table", "tags": ["a", "b"], "meta": {"k": 1}});
        let expected = vec![
            PlainCall::Config(config.as_object().cloned().unwrap_or_default()),
            PlainCall::Ref(vec!["a".to_owned()]),
            PlainCall::Ref(vec!["p".to_owned(), "b".to_owned()]),
            PlainCall::Var("x".to_owned(), Some(json!(0))),
            PlainCall::Source(["s".to_owned(), "t".to_owned()]),
        ];
        assert_eq!(plain_calls(source), Some(expected));
    }

    #[test]
    fn everything_else_is_rendered() {
        for source in [
            "{% if true %}{{ ref('a') }}{% endif %}",
            "{{ ref('a').render() }}",
            "{{ ref('a', v=1) }}",
            "{{ ref(x) }}",
            "{{ ref(*x) }}",
            "{{ source('a') }}",
            "{{ config(pre_hook='x') }}",
            "{{ config({'a': 1}) }}",
            "{{ config(a=var('x')) }}",
            "{{ this }}",
            "{{ ref('a'",
        ] {
            assert_eq!(plain_calls(source), None, "{source}");
        }
    }
}
