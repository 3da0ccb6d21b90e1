//! Prints an expression as Jinja2 prints a node of its tree (`Node.__repr__`). It shows in a manifest wherever dbt has
//! no source to write for a configuration, and a state comparison reads it there.

use super::ast::{Args, BinaryOp, CompareOp, Expr, ExprKind, UnaryOp};
use crate::jinja::value::{float_repr, str_repr};

/// The expression as Jinja2's tree of nodes, in one line.
pub(crate) fn tree_of(expr: &Expr<'_>) -> String {
    match &expr.kind {
        ExprKind::None => constant("None"),
        ExprKind::Bool(true) => constant("True"),
        ExprKind::Bool(false) => constant("False"),
        ExprKind::Int(digits) => constant(digits),
        ExprKind::Float(number) => constant(&float_repr(*number)),
        ExprKind::Str(text) => constant(&str_repr(text)),
        ExprKind::Name(name) => format!("Name(name={}, ctx='load')", str_repr(name)),
        ExprKind::Tuple(items) => format!("Tuple(items={}, ctx='load')", trees(items)),
        ExprKind::List(items) => format!("List(items={})", trees(items)),
        ExprKind::Dict(pairs) => {
            let pairs =
                pairs.iter().map(|(key, value)| format!("Pair(key={}, value={})", tree_of(key), tree_of(value)));
            format!("Dict(items={})", listed(pairs))
        }
        ExprKind::Cond { test, then, otherwise } => {
            let (test, then) = (tree_of(test), tree_of(then));
            format!("CondExpr(test={test}, expr1={then}, expr2={})", optional(otherwise.as_deref()))
        }
        ExprKind::And(a, b) => format!("And(left={}, right={})", tree_of(a), tree_of(b)),
        ExprKind::Or(a, b) => format!("Or(left={}, right={})", tree_of(a), tree_of(b)),
        ExprKind::Unary(op, inner) => format!("{}(node={})", unary(*op), tree_of(inner)),
        ExprKind::Compare(left, ops) => {
            let ops = ops.iter().map(|(op, right)| format!("Operand(op='{}', expr={})", compared(*op), tree_of(right)));
            format!("Compare(expr={}, ops={})", tree_of(left), listed(ops))
        }
        ExprKind::Binary(op, a, b) => format!("{}(left={}, right={})", binary(*op), tree_of(a), tree_of(b)),
        ExprKind::Concat(parts) => format!("Concat(nodes={})", trees(parts)),
        ExprKind::Attr(object, name) => {
            format!("Getattr(node={}, attr={}, ctx='load')", tree_of(object), str_repr(name))
        }
        ExprKind::Item(object, key) => format!("Getitem(node={}, arg={}, ctx='load')", tree_of(object), tree_of(key)),
        ExprKind::Slice(parts) => {
            let [start, stop, step] = parts.each_ref().map(|part| optional(part.as_ref()));
            format!("Slice(start={start}, stop={stop}, step={step})")
        }
        ExprKind::Call(callee, args) => format!("Call(node={}, {})", tree_of(callee), arguments(args)),
        ExprKind::Filter { input, name, args } => {
            format!("Filter(node={}, name={}, {})", optional(input.as_deref()), str_repr(name), arguments(args))
        }
        ExprKind::Test { input, name, args } => {
            format!("Test(node={}, name={}, {})", tree_of(input), str_repr(name), arguments(args))
        }
        ExprKind::NsRef(name, attr) => format!("NSRef(name={}, attr={})", str_repr(name), str_repr(attr)),
    }
}

fn constant(value: &str) -> String {
    format!("Const(value={value})")
}

fn optional(expr: Option<&Expr<'_>>) -> String {
    expr.map_or_else(|| "None".to_owned(), tree_of)
}

fn trees(items: &[Expr<'_>]) -> String {
    listed(items.iter().map(tree_of))
}

fn listed(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn arguments(args: &Args<'_>) -> String {
    let named =
        args.named.iter().map(|(name, value)| format!("Keyword(key={}, value={})", str_repr(name), tree_of(value)));
    format!(
        "args={}, kwargs={}, dyn_args={}, dyn_kwargs={}",
        trees(&args.pos),
        listed(named),
        optional(args.star.as_deref()),
        optional(args.star_star.as_deref())
    )
}

fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Not => "Not",
        UnaryOp::Neg => "Neg",
        UnaryOp::Pos => "Pos",
    }
}

fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "Add",
        BinaryOp::Sub => "Sub",
        BinaryOp::Mul => "Mul",
        BinaryOp::Div => "Div",
        BinaryOp::FloorDiv => "FloorDiv",
        BinaryOp::Mod => "Mod",
        BinaryOp::Pow => "Pow",
    }
}

fn compared(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "eq",
        CompareOp::Ne => "ne",
        CompareOp::Lt => "lt",
        CompareOp::Le => "lteq",
        CompareOp::Gt => "gt",
        CompareOp::Ge => "gteq",
        CompareOp::In => "in",
        CompareOp::NotIn => "notin",
    }
}
