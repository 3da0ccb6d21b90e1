//! The tree of a template, in Jinja2's terms (`jinja2/nodes.py`).

use std::borrow::Cow;

/// An expression and the line it begins on.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr<'a> {
    /// The line in the template, counted from 1.
    pub line: u32,
    /// What kind of expression it is.
    pub kind: ExprKind<'a>,
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind<'a> {
    /// `none`
    None,
    /// `true`, `false`
    Bool(bool),
    /// An integer in decimal digits.
    Int(String),
    /// A float.
    Float(f64),
    /// A string, escapes resolved, adjacent literals joined.
    Str(Cow<'a, str>),
    /// A name that is looked up, or assigned to.
    Name(&'a str),
    /// `(a, b)`
    Tuple(Vec<Expr<'a>>),
    /// `[a, b]`
    List(Vec<Expr<'a>>),
    /// `{k: v}`
    Dict(Vec<(Expr<'a>, Expr<'a>)>),
    /// `then if test else otherwise`
    Cond { test: Box<Expr<'a>>, then: Box<Expr<'a>>, otherwise: Option<Box<Expr<'a>>> },
    /// `a and b`
    And(Box<Expr<'a>>, Box<Expr<'a>>),
    /// `a or b`
    Or(Box<Expr<'a>>, Box<Expr<'a>>),
    /// `not a`, `-a`, `+a`
    Unary(UnaryOp, Box<Expr<'a>>),
    /// `a < b <= c`
    Compare(Box<Expr<'a>>, Vec<(CompareOp, Expr<'a>)>),
    /// `a + b` and the other arithmetic operators.
    Binary(BinaryOp, Box<Expr<'a>>, Box<Expr<'a>>),
    /// `a ~ b ~ c`
    Concat(Vec<Expr<'a>>),
    /// `a.name`
    Attr(Box<Expr<'a>>, &'a str),
    /// `a[key]`
    Item(Box<Expr<'a>>, Box<Expr<'a>>),
    /// `start:stop:step` inside `[]`
    Slice(Box<[Option<Expr<'a>>; 3]>),
    /// `a(args)`
    Call(Box<Expr<'a>>, Args<'a>),
    /// `a | name(args)`; a filter block's filter has no input.
    Filter { input: Option<Box<Expr<'a>>>, name: String, args: Args<'a> },
    /// `a is name(args)`
    Test { input: Box<Expr<'a>>, name: String, args: Args<'a> },
    /// `name.attr` as the target of `set`
    NsRef(&'a str, &'a str),
}

/// The arguments of a call, a filter or a test.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Args<'a> {
    /// Positional arguments.
    pub pos: Vec<Expr<'a>>,
    /// Keyword arguments.
    pub named: Vec<(&'a str, Expr<'a>)>,
    /// `*args`
    pub star: Option<Box<Expr<'a>>>,
    /// `**kwargs`
    pub star_star: Option<Box<Expr<'a>>>,
}

/// Prefix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum UnaryOp {
    Not,
    Neg,
    Pos,
}

/// Arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
}

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
}

/// A statement and the line it begins on.
#[derive(Debug, Clone, PartialEq)]
pub struct Stmt<'a> {
    /// The line in the template, counted from 1.
    pub line: u32,
    /// What kind of statement it is.
    pub kind: StmtKind<'a>,
}

/// One branch of `if`: its test and its body.
pub type Branch<'a> = (Expr<'a>, Vec<Stmt<'a>>);

/// The kinds of statements.
#[derive(Debug, Clone, PartialEq)]
pub enum StmtKind<'a> {
    /// Text outside of tags, whitespace control applied.
    Data(Cow<'a, str>),
    /// `{{ a }}`
    Print(Expr<'a>),
    /// `{% for %}`
    For(Box<For<'a>>),
    /// `{% if %}` with its `elif` branches and its `else` body.
    If(Vec<Branch<'a>>, Vec<Stmt<'a>>),
    /// `{% set target = value %}`
    Set(Expr<'a>, Expr<'a>),
    /// `{% set target | filter %}body{% endset %}`
    SetBlock(Expr<'a>, Option<Expr<'a>>, Vec<Stmt<'a>>),
    /// `{% with a = b %}`
    With(Vec<(Expr<'a>, Expr<'a>)>, Vec<Stmt<'a>>),
    /// `{% autoescape %}`, which dbt never switches on.
    Autoescape(Expr<'a>, Vec<Stmt<'a>>),
    /// `{% filter f %}`
    FilterBlock(Expr<'a>, Vec<Stmt<'a>>),
    /// `{% macro %}` and dbt's own blocks that are macros.
    Macro(Box<Macro<'a>>),
    /// `{% call(params) callee(...) %}`
    CallBlock(Vec<Param<'a>>, Expr<'a>, Vec<Stmt<'a>>),
    /// `{% block name %}`
    Block(&'a str, Vec<Stmt<'a>>),
    /// `{% extends template %}`
    Extends(Expr<'a>),
    /// `{% include template ignore missing %}`
    Include(Expr<'a>, bool),
    /// `{% import template as name %}`
    Import(Expr<'a>, &'a str),
    /// `{% from template import name as alias %}`
    FromImport(Expr<'a>, Vec<(&'a str, &'a str)>),
    /// `{% do expression %}`
    Do(Expr<'a>),
    /// `{% break %}`
    Break,
    /// `{% continue %}`
    Continue,
}

/// A `for` loop.
#[derive(Debug, Clone, PartialEq)]
pub struct For<'a> {
    /// What each item is assigned to.
    pub target: Expr<'a>,
    /// What is looped over.
    pub iter: Expr<'a>,
    /// The `if` behind it.
    pub test: Option<Expr<'a>>,
    /// Whether `loop(...)` may be called.
    pub recursive: bool,
    /// The body.
    pub body: Vec<Stmt<'a>>,
    /// The `else` body.
    pub otherwise: Vec<Stmt<'a>>,
}

/// Which block a macro was written as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MacroTag {
    /// `{% macro %}`
    Macro,
    /// `{% test %}`
    Test,
    /// `{% data_test %}`, which dbt finds in files but whose grammar it forgot; we read it like `test`.
    DataTest,
    /// `{% docs %}`
    Docs,
    /// `{% materialization %}` with its adapter.
    Materialization {
        /// The adapter, or `default`.
        adapter: String,
    },
}

/// A macro.
#[derive(Debug, Clone, PartialEq)]
pub struct Macro<'a> {
    /// Which block it was written as.
    pub tag: MacroTag,
    /// The name in the block's header.
    pub name: &'a str,
    /// Its parameters.
    pub params: Vec<Param<'a>>,
    /// Its body.
    pub body: Vec<Stmt<'a>>,
}

/// A parameter of a macro or of a call block.
#[derive(Debug, Clone, PartialEq)]
pub struct Param<'a> {
    /// The parameter's name.
    pub name: &'a str,
    /// The default.
    pub default: Option<Expr<'a>>,
    /// The default's source text.
    pub default_source: Option<String>,
    /// The type annotation's source text.
    pub annotation: Option<String>,
}

impl<'a> Expr<'a> {
    /// An expression of a kind at a line.
    pub fn new(line: u32, kind: ExprKind<'a>) -> Expr<'a> {
        Expr { line, kind }
    }

    /// The expressions directly inside this one, in the order in which Jinja2 walks them.
    pub fn children(&self) -> Vec<&Expr<'a>> {
        match &self.kind {
            ExprKind::Tuple(items) | ExprKind::List(items) | ExprKind::Concat(items) => items.iter().collect(),
            ExprKind::Dict(pairs) => pairs.iter().flat_map(|(key, value)| [key, value]).collect(),
            ExprKind::Cond { test, then, otherwise } => {
                let mut all = vec![&**test, &**then];
                all.extend(otherwise.as_deref());
                all
            }
            ExprKind::And(a, b) | ExprKind::Or(a, b) | ExprKind::Binary(_, a, b) | ExprKind::Item(a, b) => vec![a, b],
            ExprKind::Unary(_, a) | ExprKind::Attr(a, _) => vec![a],
            ExprKind::Compare(left, ops) => std::iter::once(&**left).chain(ops.iter().map(|(_, expr)| expr)).collect(),
            ExprKind::Slice(parts) => parts.iter().flatten().collect(),
            ExprKind::Call(callee, args) => std::iter::once(&**callee).chain(args.children()).collect(),
            ExprKind::Filter { input, args, .. } => input.as_deref().into_iter().chain(args.children()).collect(),
            ExprKind::Test { input, args, .. } => std::iter::once(&**input).chain(args.children()).collect(),
            ExprKind::None
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Str(_)
            | ExprKind::Name(_)
            | ExprKind::NsRef(..) => Vec::new(),
        }
    }

    /// Calls `visit` for this expression and every one inside it, parents first.
    pub fn walk<'s>(&'s self, visit: &mut dyn FnMut(&'s Expr<'a>)) {
        visit(self);
        for child in self.children() {
            child.walk(visit);
        }
    }
}

impl<'a> Stmt<'a> {
    /// The macro that this statement defines.
    pub fn as_macro(&self) -> Option<&Macro<'a>> {
        match &self.kind {
            StmtKind::Macro(node) => Some(node),
            _ => None,
        }
    }
}

impl<'a> Args<'a> {
    fn children(&self) -> impl Iterator<Item = &Expr<'a>> {
        let named = self.named.iter().map(|(_, expr)| expr);
        self.pos.iter().chain(named).chain(self.star.as_deref()).chain(self.star_star.as_deref())
    }
}

/// Calls `visit` for every expression of some statements, in the order in which Jinja2 walks its tree.
pub fn walk_all<'s, 'a>(body: &'s [Stmt<'a>], visit: &mut dyn FnMut(&'s Expr<'a>)) {
    for stmt in body {
        walk_statement(stmt, visit);
    }
}

fn walk_statement<'s, 'a>(stmt: &'s Stmt<'a>, visit: &mut dyn FnMut(&'s Expr<'a>)) {
    match &stmt.kind {
        StmtKind::Data(_) | StmtKind::Break | StmtKind::Continue => {}
        StmtKind::Print(expr) | StmtKind::Do(expr) | StmtKind::Extends(expr) => expr.walk(visit),
        StmtKind::Include(expr, _) | StmtKind::Import(expr, _) | StmtKind::FromImport(expr, _) => expr.walk(visit),
        StmtKind::For(node) => walk_for(node, visit),
        StmtKind::If(branches, otherwise) => {
            for (test, body) in branches {
                test.walk(visit);
                walk_all(body, visit);
            }
            walk_all(otherwise, visit);
        }
        StmtKind::Set(target, value) => {
            target.walk(visit);
            value.walk(visit);
        }
        StmtKind::SetBlock(target, filter, body) => {
            target.walk(visit);
            filter.iter().for_each(|expr| expr.walk(visit));
            walk_all(body, visit);
        }
        StmtKind::With(pairs, body) => {
            pairs.iter().for_each(|(target, _)| target.walk(visit));
            pairs.iter().for_each(|(_, value)| value.walk(visit));
            walk_all(body, visit);
        }
        StmtKind::Autoescape(expr, body) | StmtKind::FilterBlock(expr, body) => {
            expr.walk(visit);
            walk_all(body, visit);
        }
        StmtKind::Macro(node) => {
            walk_params(&node.params, visit);
            walk_all(&node.body, visit);
        }
        StmtKind::CallBlock(params, call, body) => {
            call.walk(visit);
            walk_params(params, visit);
            walk_all(body, visit);
        }
        StmtKind::Block(_, body) => walk_all(body, visit),
    }
}

fn walk_for<'s, 'a>(node: &'s For<'a>, visit: &mut dyn FnMut(&'s Expr<'a>)) {
    node.target.walk(visit);
    node.iter.walk(visit);
    walk_all(&node.body, visit);
    walk_all(&node.otherwise, visit);
    node.test.iter().for_each(|expr| expr.walk(visit));
}

fn walk_params<'s, 'a>(params: &'s [Param<'a>], visit: &mut dyn FnMut(&'s Expr<'a>)) {
    params.iter().filter_map(|param| param.default.as_ref()).for_each(|expr| expr.walk(visit));
}
