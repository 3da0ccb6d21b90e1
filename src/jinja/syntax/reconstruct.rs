//! Writes an expression back as source, the way dbt does for unrendered configurations (`_reconstruct_node`). What dbt
//! has no source for (conditions, arithmetic, filters, tests) it prints as a tree.

use super::ast::{Args, CompareOp, Expr, ExprKind, UnaryOp};
use super::tree::tree_of;
use crate::jinja::value::{float_repr, str_repr};

/// The expression as text.
pub(crate) fn source_of(expr: &Expr<'_>) -> String {
    match &expr.kind {
        ExprKind::None => "None".to_owned(),
        ExprKind::Bool(true) => "True".to_owned(),
        ExprKind::Bool(false) => "False".to_owned(),
        ExprKind::Int(digits) => digits.clone(),
        ExprKind::Float(number) => float_repr(*number),
        ExprKind::Str(text) => str_repr(text),
        ExprKind::Name(name) => (*name).to_owned(),
        ExprKind::List(items) => format!("[{}]", joined(items, ", ")),
        ExprKind::Tuple(items) if items.len() == 1 => format!("({},)", source_of(&items[0])),
        ExprKind::Tuple(items) => format!("({})", joined(items, ", ")),
        ExprKind::Dict(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| format!("{}: {}", source_of(key), source_of(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        ExprKind::Concat(parts) => joined(parts, " ~ "),
        ExprKind::Attr(object, name) => format!("{}.{name}", source_of(object)),
        ExprKind::Item(object, key) => format!("{}[{}]", source_of(object), source_of(key)),
        ExprKind::Call(callee, args) => format!("{}({})", source_of(callee), arguments(args)),
        ExprKind::Compare(left, ops) => {
            let ops = ops.iter().map(|(op, right)| format!("{} {}", operator(*op), source_of(right)));
            format!("{} {}", source_of(left), ops.collect::<Vec<_>>().join(" "))
        }
        ExprKind::Unary(UnaryOp::Not, inner) => format!("not {}", source_of(inner)),
        ExprKind::Unary(UnaryOp::Neg, inner) => format!("-{}", source_of(inner)),
        ExprKind::And(a, b) => format!("{} and {}", source_of(a), source_of(b)),
        ExprKind::Or(a, b) => format!("{} or {}", source_of(a), source_of(b)),
        _ => tree_of(expr),
    }
}

fn joined(items: &[Expr<'_>], separator: &str) -> String {
    items.iter().map(source_of).collect::<Vec<_>>().join(separator)
}

fn arguments(args: &Args<'_>) -> String {
    let mut parts: Vec<String> = args.pos.iter().map(source_of).collect();
    parts.extend(args.named.iter().map(|(name, value)| format!("{name}={}", source_of(value))));
    parts.extend(args.star.iter().map(|value| format!("*{}", source_of(value))));
    parts.extend(args.star_star.iter().map(|value| format!("**{}", source_of(value))));
    parts.join(", ")
}

fn operator(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
        CompareOp::In => "in",
        CompareOp::NotIn => "not in",
    }
}
