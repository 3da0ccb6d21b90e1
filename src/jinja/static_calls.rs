//! What a template calls, found without rendering it (`dbt/clients/jinja_static.py`).

use serde::{Deserialize, Serialize};

use super::syntax::ast::{Args, Expr, ExprKind, Stmt, walk_all};
use super::syntax::{Parser, normalize};

/// A call of `adapter.dispatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DispatchCall {
    /// The macro's name.
    pub name: String,
    /// The `macro_namespace`, when it is given.
    pub namespace: Option<String>,
}

/// A call in a template that may be one of a macro.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum StaticCall {
    /// `name` or `package.name`.
    Macro(String),
    /// `adapter.dispatch(...)`: it may call what it names as well as what it finds.
    Dispatch(DispatchCall),
}

/// The names that a macro body calls, in the order in which dbt finds them, each once: dbt's
/// `statically_extract_macro_calls`. `ref`, `source`, `config` and dbt's own functions are left out.
pub(super) fn calls_in(body: &[Stmt<'_>]) -> Vec<StaticCall> {
    let mut found = Vec::new();
    walk_all(body, &mut |expr| {
        if let ExprKind::Call(callee, args) = &expr.kind
            && let Some(call) = call_of(callee, args)
            && !found.contains(&call)
        {
            found.push(call);
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

pub(super) fn with_tree(source: &str, visit: impl FnOnce(&[Stmt<'_>])) {
    let source = normalize(source);
    if let Ok(body) = Parser::new(&source).and_then(Parser::template) {
        visit(&body);
    }
}

/// Functions that a macro's text can call without calling a macro, whatever macros there are.
const STANDARD: [&str; 25] = [
    "config",
    "diff_of_two_dicts",
    "env_var",
    "flags",
    "fromjson",
    "fromyaml",
    "invocation_id",
    "local_md5",
    "log",
    "modules",
    "print",
    "project_name",
    "ref",
    "return",
    "run_started_at",
    "set",
    "set_strict",
    "source",
    "target",
    "thread_id",
    "tojson",
    "toyaml",
    "var",
    "zip",
    "zip_strict",
];

fn call_of(callee: &Expr<'_>, args: &Args<'_>) -> Option<StaticCall> {
    match &callee.kind {
        ExprKind::Name(name) if STANDARD.contains(name) => None,
        ExprKind::Name(name) => Some(StaticCall::Macro((*name).to_owned())),
        ExprKind::Attr(owner, name) => {
            let ExprKind::Name(package) = owner.kind else { return None };
            match (package, *name) {
                ("adapter", "dispatch") => dispatch_of(args).map(StaticCall::Dispatch),
                ("adapter", _) => None,
                _ => Some(StaticCall::Macro(format!("{package}.{name}"))),
            }
        }
        _ => None,
    }
}

fn dispatch_of(args: &Args<'_>) -> Option<DispatchCall> {
    let named = |key: &str| args.named.iter().find(|(name, _)| *name == key).map(|(_, value)| value);
    let text = |expr: Option<&Expr<'_>>| match expr.map(|expr| &expr.kind) {
        Some(ExprKind::Str(text)) => Some(text.to_string()),
        _ => None,
    };
    let name = text(args.pos.first().or_else(|| named("macro_name")))?;
    let namespace = text(args.pos.get(1).or_else(|| named("macro_namespace")));
    Some(DispatchCall { name, namespace })
}
