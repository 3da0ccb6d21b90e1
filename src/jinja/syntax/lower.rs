//! Lowers a template to plain minijinja: expressions.
//!
//! minijinja parses and runs what this prints. What Python does and minijinja does not (mutable literals, operators on
//! objects, printing) becomes a filter whose name begins with two underscores; filters are looked up once per render,
//! unlike functions. Every newline of a tag stays inside its tag, so the line numbers of errors hold.

use std::collections::HashSet;
use std::fmt::Write;

use super::SyntaxError;
use super::ast::{Args, BinaryOp, CompareOp, Expr, ExprKind, Macro, Stmt, UnaryOp};
use super::names::assigned;
use super::signature::{Default as ParamDefault, Signature};
use super::strings::push_literal;
use crate::jinja::{checks, filters};

pub(super) type Lowering = Result<(), SyntaxError>;

/// How a template is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// To text.
    Text,
    /// To a value: top-level expressions are collected instead of printed.
    Native,
}

/// A lowered macro.
#[derive(Debug)]
pub(crate) struct Lowered {
    /// Plain minijinja.
    pub text: String,
    /// How the macro's arguments are bound.
    pub signature: Signature,
}

/// The name under which a macro's own template defines it.
pub(crate) const MACRO_NAME: &str = "dbt_macro";

/// The name under which a render's root knows itself.
pub(crate) const ROOT_NAME: &str = "__root";

/// Stands before every template that may call macros: it declares the macro that imports others into the same state.
/// The `with` keeps the locals of callers out of what it imports.
const PRELUDE: &str = "{% with %}{% macro __load(__id) %}{% import __id as __m %}{{ __m|__keep(__id) }}{% endmacro %}\
     {% set __ = __load|__boot %}{% endwith %}";

/// A template that does nothing but run the root's pending call.
pub(crate) fn invoking_template() -> String {
    format!("{PRELUDE}{{{{ 0|__invoke }}}}")
}

/// Literals with more items than this are built from one list rather than from a filter's arguments.
const MAX_ARGUMENTS: usize = 1000;

pub(super) struct Lower {
    pub out: String,
    /// The line of the output, which follows the line of the source.
    pub line: u32,
    pub mode: Mode,
    /// How many bodies that are captured rather than printed we are in.
    pub captured: u32,
    /// How many conditions we are in, where an unknown filter fails only when it is reached.
    pub conditional: u32,
    pub uses_varargs: bool,
    pub uses_kwargs: bool,
    pub uses_caller: bool,
    /// In a macro: the names that it may assign itself. The engine would look up all others whenever the macro is imported,
    /// reached or not; so they are asked of the root where they stand.
    assigned: Option<HashSet<String>>,
}

impl Lower {
    pub fn new(mode: Mode) -> Lower {
        Lower {
            out: String::new(),
            line: 1,
            mode,
            captured: 0,
            conditional: 0,
            uses_varargs: false,
            uses_kwargs: false,
            uses_caller: false,
            assigned: None,
        }
    }
}

/// Lowers a template that is rendered by itself.
///
/// # Errors
/// A filter or test does not exist.
pub(crate) fn lower_template(body: &[Stmt<'_>], mode: Mode) -> Result<String, SyntaxError> {
    let mut lower = Lower::new(mode);
    lower.out.push_str(PRELUDE);
    lower.body(body)?;
    Ok(lower.out)
}

/// Lowers a macro to a template that defines it as [`MACRO_NAME`].
///
/// # Errors
/// A filter or test does not exist.
pub(crate) fn lower_macro(node: &Macro<'_>, line: u32) -> Result<Lowered, SyntaxError> {
    let mut lower = Lower::new(Mode::Text);
    lower.assigned = Some(assigned(node).into_iter().map(str::to_owned).collect());
    lower.sync_text(line);
    let signature = lower.macro_definition(node, MACRO_NAME, |default| matches!(default, ParamDefault::Computed))?;
    Ok(Lowered { text: lower.out, signature })
}

/// Names that minijinja's grammar would misread, spelt so that it does not: hex digits behind a mark.
pub(crate) fn mangle(name: &str) -> Option<String> {
    let keyword = matches!(name, "if" | "else" | "in" | "is" | "not" | "and" | "or");
    if name.is_ascii() && !keyword {
        return None;
    }
    let mut mangled = MANGLED.to_owned();
    for byte in name.bytes() {
        let _ = write!(mangled, "{byte:02x}");
    }
    Some(mangled)
}

const MANGLED: &str = "__x";

/// The name that [`mangle`] spelt.
pub(crate) fn unmangle(name: &str) -> Option<String> {
    let digits = name.strip_prefix(MANGLED)?;
    let bytes = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok());
    String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()
}

impl Lower {
    /// Inside a tag: newlines until the output has reached `line`.
    pub fn sync(&mut self, line: u32) {
        while self.line < line {
            self.out.push('\n');
            self.line += 1;
        }
    }

    /// Outside of tags: the same, inside a comment.
    pub fn sync_text(&mut self, line: u32) {
        if self.line < line {
            self.out.push_str("{#");
            self.sync(line);
            self.out.push_str("#}");
        }
    }

    pub fn name(&mut self, name: &str) {
        match mangle(name) {
            Some(mangled) => self.out.push_str(&mangled),
            None => self.out.push_str(name),
        }
    }

    /// An expression where any form may stand: in arguments, after `=`, alone.
    pub fn expr(&mut self, expr: &Expr<'_>) -> Lowering {
        self.sync(expr.line);
        match &expr.kind {
            ExprKind::Cond { test, then, otherwise } => {
                self.conditional += 1;
                self.chain(then)?;
                self.out.push_str(" if ");
                self.chain(test)?;
                if let Some(otherwise) = otherwise {
                    self.out.push_str(" else ");
                    self.expr(otherwise)?;
                }
                self.conditional -= 1;
                Ok(())
            }
            ExprKind::And(a, b) => self.logical(expr, a, " and ", b),
            ExprKind::Or(a, b) => self.logical(expr, a, " or ", b),
            ExprKind::Unary(UnaryOp::Not, a) => {
                self.out.push_str("not ");
                self.chain(a)
            }
            ExprKind::Compare(left, ops) => self.compare(left, ops),
            _ => self.chain(expr),
        }
    }

    /// `a and b and c` stays flat, so that long conditions do not nest.
    fn logical(&mut self, whole: &Expr<'_>, a: &Expr<'_>, op: &str, b: &Expr<'_>) -> Lowering {
        if std::mem::discriminant(&whole.kind) == std::mem::discriminant(&a.kind) {
            self.expr(a)?;
        } else {
            self.chain(a)?;
        }
        self.out.push_str(op);
        self.chain(b)
    }

    fn compare(&mut self, left: &Expr<'_>, ops: &[(CompareOp, Expr<'_>)]) -> Lowering {
        if let [(op @ (CompareOp::Eq | CompareOp::Ne), right)] = ops
            && (is_text(left) || is_text(right))
        {
            self.chain(left)?;
            self.out.push_str(if *op == CompareOp::Eq { " == " } else { " != " });
            return self.chain(right);
        }
        self.chain(left)?;
        if let [(op, right)] = ops {
            self.out.push_str("|__");
            self.out.push_str(compare_name(*op));
            self.out.push('(');
            self.expr(right)?;
        } else {
            self.out.push_str("|__compare(");
            for (index, (op, right)) in ops.iter().enumerate() {
                let _ = write!(self.out, "{}\"{}\", ", if index > 0 { ", " } else { "" }, compare_name(*op));
                self.expr(right)?;
            }
        }
        self.out.push(')');
        Ok(())
    }

    /// An expression that a filter can follow: chains of operators stay flat, everything looser gets parentheses.
    pub fn chain(&mut self, expr: &Expr<'_>) -> Lowering {
        self.sync(expr.line);
        match &expr.kind {
            ExprKind::Binary(op, a, b) => {
                self.chain(a)?;
                let _ = write!(self.out, "|__{}(", binary_name(*op));
                self.expr(b)?;
                self.out.push(')');
            }
            ExprKind::Concat(parts) => {
                self.out.push_str("0|__cat(");
                self.list(parts)?;
                self.out.push(')');
            }
            ExprKind::Unary(op @ (UnaryOp::Neg | UnaryOp::Pos), a) => {
                if let (UnaryOp::Neg, ExprKind::Int(_) | ExprKind::Float(_)) = (op, &a.kind) {
                    self.out.push_str("(-");
                    self.atom(a)?;
                    self.out.push(')');
                    return Ok(());
                }
                self.chain(a)?;
                self.out.push_str(if *op == UnaryOp::Neg { "|__neg" } else { "|__pos" });
            }
            ExprKind::Filter { input, name, args } => {
                if let Some(input) = input {
                    self.chain(input)?;
                }
                self.out.push('|');
                self.filter(name, args, expr.line)?;
            }
            ExprKind::Test { input, name, args } => {
                self.chain(input)?;
                self.test(name, args, expr.line)?;
            }
            ExprKind::Item(object, key) if matches!(key.kind, ExprKind::Slice(_)) => {
                self.chain(object)?;
                self.slice(key)?;
            }
            ExprKind::List(items) => self.literal("list", items.iter().collect())?,
            ExprKind::Dict(pairs) => {
                self.literal("dict", pairs.iter().flat_map(|(key, value)| [key, value]).collect())?;
            }
            _ => self.atom(expr)?,
        }
        Ok(())
    }

    /// The name and arguments of a filter, behind its bar.
    pub fn filter(&mut self, name: &str, args: &Args<'_>, line: u32) -> Lowering {
        if !filters::exists(name) {
            if self.conditional == 0 {
                return Err(SyntaxError::new(format!("No filter named '{name}'."), line));
            }
            self.out.push_str("__nofilter(");
            push_literal(&mut self.out, name);
            self.out.push(')');
            return Ok(());
        }
        if self.mode == Mode::Native && filters::is_native(name) {
            self.out.push_str("__native_");
        }
        self.out.push_str(name);
        if args != &Args::default() {
            self.args(args)?;
        }
        Ok(())
    }

    fn test(&mut self, name: &str, args: &Args<'_>, line: u32) -> Lowering {
        if !checks::exists(name) {
            if self.conditional == 0 {
                return Err(SyntaxError::new(format!("No test named '{name}'."), line));
            }
            self.out.push_str("|__notest(");
            push_literal(&mut self.out, name);
            self.out.push(')');
            return Ok(());
        }
        self.out.push_str(" is ");
        self.out.push_str(name);
        self.args(args)
    }

    fn slice(&mut self, key: &Expr<'_>) -> Lowering {
        let ExprKind::Slice(parts) = &key.kind else { return Ok(()) };
        self.out.push_str("|__slice(");
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            match part {
                Some(part) => self.expr(part)?,
                None => self.out.push_str("none"),
            }
        }
        self.out.push(')');
        Ok(())
    }

    fn literal(&mut self, kind: &str, items: Vec<&Expr<'_>>) -> Lowering {
        let long = items.len() > MAX_ARGUMENTS;
        self.out.push_str(if long { "[" } else { "0|__" });
        if !long {
            self.out.push_str(kind);
            self.out.push('(');
        }
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.expr(item)?;
        }
        if long {
            let _ = write!(self.out, "]|__to{kind}");
        } else {
            self.out.push(')');
        }
        Ok(())
    }

    fn list(&mut self, items: &[Expr<'_>]) -> Lowering {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.expr(item)?;
        }
        Ok(())
    }

    /// An expression that an attribute, an item or a call can follow.
    fn atom(&mut self, expr: &Expr<'_>) -> Lowering {
        self.sync(expr.line);
        match &expr.kind {
            ExprKind::None => self.out.push_str("none"),
            ExprKind::Bool(flag) => self.out.push_str(if *flag { "true" } else { "false" }),
            ExprKind::Int(digits) if digits.parse::<u64>().is_ok() => self.out.push_str(digits),
            ExprKind::Int(digits) => {
                let _ = write!(self.out, "(\"{digits}\"|__bigint)");
            }
            ExprKind::Float(number) if number.is_finite() => {
                let _ = write!(self.out, "{number:?}");
            }
            ExprKind::Float(_) => self.out.push_str("(\"inf\"|float)"),
            ExprKind::Str(text) => push_literal(&mut self.out, text),
            ExprKind::Name(name) => self.load(name),
            ExprKind::NsRef(name, attr) => {
                self.name(name);
                self.attribute(attr);
            }
            ExprKind::Tuple(items) => {
                self.out.push('(');
                self.list(items)?;
                self.out.push_str(if items.len() == 1 { ",)" } else { ")" });
            }
            ExprKind::Attr(object, name) => {
                self.base(object)?;
                self.attribute(name);
            }
            ExprKind::Item(object, key) if !matches!(key.kind, ExprKind::Slice(_)) => {
                self.atom(object)?;
                self.out.push('[');
                self.expr(key)?;
                self.out.push(']');
            }
            ExprKind::Call(callee, args) => self.call(callee, args)?,
            ExprKind::Slice(_) => self.out.push_str("none"),
            _ => {
                self.out.push('(');
                self.expr(expr)?;
                self.out.push(')');
            }
        }
        Ok(())
    }

    fn load(&mut self, name: &str) {
        match name {
            "varargs" => self.uses_varargs = true,
            "kwargs" => self.uses_kwargs = true,
            "caller" => self.uses_caller = true,
            _ => {}
        }
        if self.assigned.as_ref().is_some_and(|assigned| !assigned.contains(name)) {
            let _ = write!(self.out, "{ROOT_NAME}[");
            push_literal(&mut self.out, name);
            self.out.push(']');
            return;
        }
        self.name(name);
    }

    /// What an attribute is taken of. An attribute in the place of a base may be missing, and the engine's own undefined
    /// value knows neither its name nor whether the template is parsed leniently: `__owner` makes it one of ours.
    fn base(&mut self, expr: &Expr<'_>) -> Lowering {
        let ExprKind::Attr(object, name) = &expr.kind else { return self.atom(expr) };
        self.out.push('(');
        self.base(object)?;
        self.out.push_str("|__owner)");
        self.attribute(name);
        Ok(())
    }

    fn attribute(&mut self, name: &str) {
        if mangle(name).is_some() {
            self.out.push('[');
            push_literal(&mut self.out, name);
            self.out.push(']');
        } else {
            self.out.push('.');
            self.out.push_str(name);
        }
    }

    pub fn call(&mut self, callee: &Expr<'_>, args: &Args<'_>) -> Lowering {
        self.atom(callee)?;
        // Recursing into a loop bypasses what `for` does to its iterable.
        if matches!(callee.kind, ExprKind::Name("loop"))
            && let [items] = &args.pos[..]
        {
            self.out.push('(');
            self.chain(items)?;
            self.out.push_str("|__iter)");
            return Ok(());
        }
        self.args(args)
    }

    fn args(&mut self, args: &Args<'_>) -> Lowering {
        self.out.push('(');
        let mut first = true;
        let mut separate = |out: &mut String| {
            if !std::mem::take(&mut first) {
                out.push_str(", ");
            }
        };
        for value in &args.pos {
            separate(&mut self.out);
            self.expr(value)?;
        }
        if let Some(star) = &args.star {
            separate(&mut self.out);
            self.out.push('*');
            self.chain(star)?;
            self.out.push_str("|__iter");
        }
        for (name, value) in &args.named {
            separate(&mut self.out);
            if mangle(name).is_some() || is_constant_name(name) {
                self.out.push_str("**(0|__dict(");
                push_literal(&mut self.out, name);
                self.out.push_str(", ");
                self.expr(value)?;
                self.out.push_str("))");
            } else {
                self.out.push_str(name);
                self.out.push('=');
                self.expr(value)?;
            }
        }
        if let Some(star_star) = &args.star_star {
            separate(&mut self.out);
            self.out.push_str("**");
            self.chain(star_star)?;
        }
        self.out.push(')');
        Ok(())
    }
}

/// Names that minijinja reads as constants even where a keyword argument stands.
fn is_constant_name(name: &str) -> bool {
    matches!(name, "true" | "True" | "false" | "False" | "none" | "None")
}

fn is_text(expr: &Expr<'_>) -> bool {
    matches!(expr.kind, ExprKind::Str(_))
}

fn binary_name(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "add",
        BinaryOp::Sub => "sub",
        BinaryOp::Mul => "mul",
        BinaryOp::Div => "div",
        BinaryOp::FloorDiv => "floordiv",
        BinaryOp::Mod => "mod",
        BinaryOp::Pow => "pow",
    }
}

fn compare_name(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "eq",
        CompareOp::Ne => "ne",
        CompareOp::Lt => "lt",
        CompareOp::Le => "le",
        CompareOp::Gt => "gt",
        CompareOp::Ge => "ge",
        CompareOp::In => "in",
        CompareOp::NotIn => "notin",
    }
}
