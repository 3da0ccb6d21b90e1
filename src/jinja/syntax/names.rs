//! Which names a macro gives values to itself.

use std::collections::HashSet;

use super::ast::{Expr, ExprKind, Macro, Param, Stmt, StmtKind};

/// Names that mean something of their own wherever they stand.
const SPECIAL: [&str; 6] = ["caller", "kwargs", "loop", "self", "super", "varargs"];

/// Every name that a macro may assign anywhere in its text: parameters, targets of `set`, `for` and `with`, what it
/// imports; and the names that Jinja gives a meaning. All others are those of the render that the macro runs in.
pub(super) fn assigned<'a>(node: &Macro<'a>) -> HashSet<&'a str> {
    let mut names = HashSet::from(SPECIAL);
    of_macro(node, &mut names);
    names
}

fn of_macro<'a>(node: &Macro<'a>, names: &mut HashSet<&'a str>) {
    of_params(&node.params, names);
    of_body(&node.body, names);
}

fn of_params<'a>(params: &[Param<'a>], names: &mut HashSet<&'a str>) {
    names.extend(params.iter().map(|param| param.name));
}

fn of_body<'a>(body: &[Stmt<'a>], names: &mut HashSet<&'a str>) {
    body.iter().for_each(|stmt| of_statement(stmt, names));
}

fn of_target<'a>(target: &Expr<'a>, names: &mut HashSet<&'a str>) {
    match &target.kind {
        ExprKind::Name(name) => {
            names.insert(name);
        }
        ExprKind::Tuple(items) => items.iter().for_each(|item| of_target(item, names)),
        _ => {}
    }
}

fn of_statement<'a>(stmt: &Stmt<'a>, names: &mut HashSet<&'a str>) {
    match &stmt.kind {
        StmtKind::Data(_)
        | StmtKind::Print(_)
        | StmtKind::Do(_)
        | StmtKind::Break
        | StmtKind::Continue
        | StmtKind::Extends(_)
        | StmtKind::Include(..) => {}
        StmtKind::Import(_, name) => {
            names.insert(name);
        }
        StmtKind::FromImport(_, imported) => names.extend(imported.iter().map(|(_, alias)| *alias)),
        StmtKind::For(node) => {
            of_target(&node.target, names);
            of_body(&node.body, names);
            of_body(&node.otherwise, names);
        }
        StmtKind::If(branches, otherwise) => {
            branches.iter().for_each(|(_, body)| of_body(body, names));
            of_body(otherwise, names);
        }
        StmtKind::Set(target, _) => of_target(target, names),
        StmtKind::SetBlock(target, _, body) => {
            of_target(target, names);
            of_body(body, names);
        }
        StmtKind::With(pairs, body) => {
            pairs.iter().for_each(|(target, _)| of_target(target, names));
            of_body(body, names);
        }
        StmtKind::Autoescape(_, body) | StmtKind::FilterBlock(_, body) | StmtKind::Block(_, body) => {
            of_body(body, names)
        }
        StmtKind::Macro(node) => of_macro(node, names),
        StmtKind::CallBlock(params, _, body) => {
            of_params(params, names);
            of_body(body, names);
        }
    }
}
