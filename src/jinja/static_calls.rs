//! What a template calls, found without rendering it (`dbt/clients/jinja_static.py`).

use super::plain::{PlainCall, plain_calls};
use super::syntax::ast::{Args, Expr, ExprKind, Stmt, walk_all};
use super::syntax::{Parser, normalize};

/// A call of `adapter.dispatch`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DispatchCall {
    /// The macro's name.
    pub name: String,
    /// The `macro_namespace`, when it is given.
    pub namespace: Option<String>,
}

/// The calls of a template, in the order in which dbt finds them, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StaticCalls {
    /// `name` or `package.name`, dispatched names among them; `ref`, `source` and `config` are left out.
    pub calls: Vec<String>,
    /// The `adapter.dispatch` calls.
    pub dispatches: Vec<DispatchCall>,
}

/// What can be said of a template without rendering it.
#[derive(Debug, Default)]
pub struct Scan {
    /// What it calls.
    pub calls: StaticCalls,
    /// Everything that it does, if that is plain to see.
    pub plain: Option<Vec<PlainCall>>,
}

/// Looks at a template once. A source that cannot be parsed calls nothing and is not plain.
pub fn scan(source: &str) -> Scan {
    let mut scan = Scan::default();
    if !source.contains("{{") && !source.contains("{%") && !source.contains("{#") {
        scan.plain = Some(Vec::new());
        return scan;
    }
    with_tree(source, |body| {
        scan.calls = calls_of(body);
        scan.plain = plain_calls(body);
    });
    scan
}

/// The names that a macro body or any template calls: dbt's `statically_extract_macro_calls`.
///
/// A source that cannot be parsed calls nothing.
pub fn macro_calls(source: &str) -> StaticCalls {
    let mut found = StaticCalls::default();
    with_tree(source, |body| found = calls_of(body));
    found
}

fn calls_of(body: &[Stmt<'_>]) -> StaticCalls {
    let mut found = StaticCalls::default();
    walk_all(body, &mut |expr| {
        if let ExprKind::Call(callee, args) = &expr.kind {
            found.note(callee, args);
        }
    });
    found
}

/// Whether a template mentions `this`: dbt's `statically_extract_has_name_this`.
pub fn mentions_this(source: &str) -> bool {
    let mut found = false;
    with_tree(source, |body| {
        walk_all(body, &mut |expr| found |= matches!(expr.kind, ExprKind::Name("this")));
    });
    found
}

/// The arguments of the first `config(...)` of a template, as dbt writes them unrendered: a constant string stands for
/// itself, anything else is written as source (`statically_parse_unrendered_config`).
pub fn unrendered_config(source: &str) -> Option<Vec<(String, String)>> {
    if !source.contains("config(") {
        return None;
    }
    let mut found = None;
    with_tree(source, |body| {
        walk_all(body, &mut |expr| {
            let ExprKind::Call(callee, args) = &expr.kind else { return };
            if found.is_none() && matches!(callee.kind, ExprKind::Name("config")) {
                let pairs = args.named.iter().map(|(name, value)| ((*name).to_owned(), unrendered(value)));
                found = Some(pairs.collect());
            }
        });
    });
    found
}

fn unrendered(value: &Expr<'_>) -> String {
    match &value.kind {
        ExprKind::Str(text) => text.to_string(),
        _ => super::syntax::source_of(value),
    }
}

fn with_tree(source: &str, visit: impl FnOnce(&[Stmt<'_>])) {
    let source = normalize(source);
    if let Ok(body) = Parser::new(&source).and_then(Parser::template) {
        visit(&body);
    }
}

impl StaticCalls {
    fn note(&mut self, callee: &Expr<'_>, args: &Args<'_>) {
        match &callee.kind {
            ExprKind::Name(name) => self.add((*name).to_owned()),
            ExprKind::Attr(owner, name) => {
                let ExprKind::Name(package) = owner.kind else { return };
                match (package, *name) {
                    ("adapter", "dispatch") => self.dispatch(args),
                    ("adapter", _) => {}
                    _ => self.add(format!("{package}.{name}")),
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, name: String) {
        let standard = matches!(name.as_str(), "ref" | "source" | "config");
        if !standard && !self.calls.contains(&name) {
            self.calls.push(name);
        }
    }

    fn dispatch(&mut self, args: &Args<'_>) {
        let named = |key: &str| args.named.iter().find(|(name, _)| *name == key).map(|(_, value)| value);
        let text = |expr: Option<&Expr<'_>>| match expr.map(|expr| &expr.kind) {
            Some(ExprKind::Str(text)) => Some(text.to_string()),
            _ => None,
        };
        let Some(name) = text(args.pos.first().or_else(|| named("macro_name"))) else { return };
        let namespace = text(args.pos.get(1).or_else(|| named("macro_namespace")));
        self.calls.push(name.clone());
        self.dispatches.push(DispatchCall { name, namespace });
    }
}
