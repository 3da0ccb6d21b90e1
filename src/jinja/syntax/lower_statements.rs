//! Lowers a template to plain minijinja: statements.

use std::fmt::Write;

use super::SyntaxError;
use super::ast::{Expr, ExprKind, For, Macro, Param, Stmt, StmtKind};
use super::lower::{Lower, Lowering, Mode};
use super::signature::{Default as ParamDefault, Signature};
use super::strings::push_literal;

/// What `find_undeclared` would call the macros that a template defines itself: dbt renames them, so that a model
/// cannot call a macro that it defines.
const DBT_PREFIX: &str = "dbt_macro__";

impl Lower {
    pub(super) fn body(&mut self, body: &[Stmt<'_>]) -> Lowering {
        body.iter().try_for_each(|stmt| self.statement(stmt))
    }

    /// A body whose output is captured instead of printed.
    fn captured_body(&mut self, body: &[Stmt<'_>]) -> Lowering {
        self.captured += 1;
        let lowered = self.body(body);
        self.captured -= 1;
        lowered
    }

    /// A captured body that is a scope of its own: what it sets is gone behind it.
    fn scoped_body(&mut self, body: &[Stmt<'_>]) -> Lowering {
        let scoped = body.iter().any(|stmt| !matches!(stmt.kind, StmtKind::Data(_) | StmtKind::Print(_)));
        self.out.push_str(if scoped { "{% with %}" } else { "" });
        self.captured_body(body)?;
        self.out.push_str(if scoped { "{% endwith %}" } else { "" });
        Ok(())
    }

    fn open(&mut self, line: u32, tag: &str) {
        self.out.push_str("{% ");
        self.sync(line);
        self.out.push_str(tag);
        self.out.push(' ');
    }

    fn close(&mut self) {
        self.out.push_str(" %}");
    }

    fn tag(&mut self, tag: &str) {
        let _ = write!(self.out, "{{% {tag} %}}");
    }

    fn statement(&mut self, stmt: &Stmt<'_>) -> Lowering {
        let line = stmt.line;
        match &stmt.kind {
            StmtKind::Data(text) => self.data(text, line),
            StmtKind::Print(expr) => self.print(expr, line)?,
            StmtKind::For(node) => self.for_loop(node, line)?,
            StmtKind::If(branches, otherwise) => {
                self.conditional += 1;
                for (index, (test, body)) in branches.iter().enumerate() {
                    self.open(line, if index == 0 { "if" } else { "elif" });
                    self.operand(test)?;
                    self.close();
                    self.body(body)?;
                }
                if !otherwise.is_empty() {
                    self.tag("else");
                    self.body(otherwise)?;
                }
                self.conditional -= 1;
                self.tag("endif");
            }
            StmtKind::Set(target, value) => self.set(target, value, line)?,
            StmtKind::SetBlock(target, filter, body) => self.set_block(target, filter.as_ref(), body, line)?,
            StmtKind::With(pairs, body) => self.with(pairs, body, line)?,
            StmtKind::Autoescape(_, body) => self.body(body)?,
            StmtKind::FilterBlock(filter, body) => {
                self.open(line, "set __block");
                self.close();
                self.scoped_body(body)?;
                self.tag("endset");
                self.out.push_str("{{ __block");
                self.chain(filter)?;
                self.out.push_str(" }}");
            }
            StmtKind::Macro(node) => self.local_macro(node, line)?,
            StmtKind::CallBlock(params, call, body) => self.call_block(params, call, body, line)?,
            StmtKind::Do(expr) => {
                self.open(line, "set __ =");
                self.expr(expr)?;
                self.close();
            }
            StmtKind::Break => self.tag("break"),
            StmtKind::Continue => self.tag("continue"),
            _ => self.template_statement(stmt)?,
        }
        Ok(())
    }

    /// Statements about other templates.
    fn template_statement(&mut self, stmt: &Stmt<'_>) -> Lowering {
        let line = stmt.line;
        match &stmt.kind {
            StmtKind::Block(name, body) => {
                self.open(line, "block");
                self.name(name);
                self.close();
                self.body(body)?;
                self.tag("endblock");
            }
            StmtKind::Extends(template) => {
                self.open(line, "extends");
                self.expr(template)?;
                self.close();
            }
            StmtKind::Include(template, ignore_missing) => {
                self.open(line, "include");
                self.expr(template)?;
                self.out.push_str(if *ignore_missing { " ignore missing" } else { "" });
                self.close();
            }
            StmtKind::Import(template, name) => {
                self.open(line, "import");
                self.expr(template)?;
                self.out.push_str(" as ");
                self.name(name);
                self.close();
            }
            StmtKind::FromImport(template, names) => {
                self.open(line, "from");
                self.expr(template)?;
                self.out.push_str(" import ");
                for (index, (name, alias)) in names.iter().enumerate() {
                    let _ = write!(self.out, "{}{DBT_PREFIX}{name} as ", if index > 0 { ", " } else { "" });
                    self.name(alias);
                }
                self.close();
            }
            _ => {}
        }
        Ok(())
    }

    /// Text; what minijinja would take for a tag is printed as a string.
    fn data(&mut self, text: &str, line: u32) {
        self.sync_text(line);
        let tags = ["{{", "{%", "{#"];
        if text.ends_with('{') || tags.iter().any(|tag| text.contains(tag)) {
            self.out.push_str("{{ ");
            push_literal(&mut self.out, text);
            self.out.push_str(" }}");
            return;
        }
        self.out.push_str(text);
        self.line += text.bytes().filter(|&byte| byte == b'\n').count() as u32;
    }

    fn print(&mut self, expr: &Expr<'_>, line: u32) -> Lowering {
        self.out.push_str("{{ ");
        self.sync(line);
        let collected = self.mode == Mode::Native && self.captured == 0 && !is_constant(expr);
        if collected {
            self.chain(expr)?;
            self.out.push_str("|__node");
        } else {
            self.expr(expr)?;
        }
        self.out.push_str(" }}");
        Ok(())
    }

    /// An expression where minijinja takes no conditional expression.
    fn operand(&mut self, expr: &Expr<'_>) -> Lowering {
        if matches!(expr.kind, ExprKind::Cond { .. }) { self.chain(expr) } else { self.expr(expr) }
    }

    fn for_loop(&mut self, node: &For<'_>, line: u32) -> Lowering {
        self.open(line, "for");
        self.target(&node.target);
        self.out.push_str(" in ");
        self.chain(&node.iter)?;
        self.out.push_str("|__iter");
        if let Some(test) = &node.test {
            self.out.push_str(" if ");
            self.operand(test)?;
        }
        self.out.push_str(if node.recursive { " recursive" } else { "" });
        self.close();
        self.body(&node.body)?;
        if !node.otherwise.is_empty() {
            self.tag("else");
            self.body(&node.otherwise)?;
        }
        self.tag("endfor");
        Ok(())
    }

    fn target(&mut self, target: &Expr<'_>) {
        match &target.kind {
            ExprKind::Name(name) => self.name(name),
            ExprKind::Tuple(items) => {
                self.out.push('(');
                for item in items {
                    self.target(item);
                    self.out.push_str(", ");
                }
                self.out.push(')');
            }
            _ => {}
        }
    }

    fn set(&mut self, target: &Expr<'_>, value: &Expr<'_>, line: u32) -> Lowering {
        if let ExprKind::NsRef(name, attr) = target.kind {
            self.open(line, "set __ =");
            self.name(name);
            self.out.push_str("|__setattr(");
            push_literal(&mut self.out, attr);
            self.out.push_str(", ");
            self.expr(value)?;
            self.out.push(')');
        } else {
            self.open(line, "set");
            self.target(target);
            self.out.push_str(" = ");
            if matches!(target.kind, ExprKind::Tuple(_)) {
                self.chain(value)?;
                self.out.push_str("|__iter");
            } else {
                self.expr(value)?;
            }
        }
        self.close();
        Ok(())
    }

    fn set_block(&mut self, target: &Expr<'_>, filter: Option<&Expr<'_>>, body: &[Stmt<'_>], line: u32) -> Lowering {
        let simple = matches!(target.kind, ExprKind::Name(_)) && filter.is_none();
        self.open(line, "set");
        if simple {
            self.target(target);
        } else {
            self.out.push_str("__block");
        }
        self.close();
        self.scoped_body(body)?;
        self.tag("endset");
        if simple {
            return Ok(());
        }
        self.open(line, "set");
        if let ExprKind::NsRef(name, attr) = target.kind {
            self.out.push_str("__ = ");
            self.name(name);
            self.out.push_str("|__setattr(");
            push_literal(&mut self.out, attr);
            self.out.push_str(", __block");
        } else {
            self.target(target);
            self.out.push_str(" = (__block");
        }
        if let Some(filter) = filter {
            self.chain(filter)?;
        }
        self.out.push(')');
        self.close();
        Ok(())
    }

    /// `with`, whose values are all computed before the first name is set.
    fn with(&mut self, pairs: &[(Expr<'_>, Expr<'_>)], body: &[Stmt<'_>], line: u32) -> Lowering {
        self.open(line, "with");
        for (index, (_, value)) in pairs.iter().enumerate() {
            let _ = write!(self.out, "{}__with{index} = ", if index > 0 { ", " } else { "" });
            self.expr(value)?;
        }
        for (index, (target, _)) in pairs.iter().enumerate() {
            self.out.push_str(", ");
            self.target(target);
            let _ = write!(self.out, " = __with{index}");
        }
        self.close();
        self.body(body)?;
        self.tag("endwith");
        Ok(())
    }

    fn call_block(&mut self, params: &[Param<'_>], call: &Expr<'_>, body: &[Stmt<'_>], line: u32) -> Lowering {
        self.open(line, "call");
        if !params.is_empty() {
            self.out.push('(');
            for (index, param) in params.iter().enumerate() {
                if index > 0 {
                    self.out.push_str(", ");
                }
                self.name(param.name);
                if let Some(default) = &param.default {
                    self.out.push('=');
                    self.expr(default)?;
                }
            }
            self.out.push_str(") ");
        }
        if let ExprKind::Call(callee, args) = &call.kind {
            self.call(callee, args)?;
        }
        self.close();
        self.captured_body(body)?;
        self.tag("endcall");
        Ok(())
    }

    /// A macro that a template defines besides what it renders.
    fn local_macro(&mut self, node: &Macro<'_>, line: u32) -> Lowering {
        self.sync_text(line);
        let name = format!("{DBT_PREFIX}{}", node.name);
        let signature = self.macro_definition(node, &name, |default| !matches!(default, ParamDefault::Required))?;
        let _ = write!(self.out, "{{% set {name} = {name}|__local(");
        push_literal(&mut self.out, &name);
        let _ = write!(self.out, ", {}, {}, {}", signature.varargs, signature.kwargs, signature.caller);
        for (param, default) in &signature.params {
            self.out.push_str(", ");
            push_literal(&mut self.out, param);
            let required = matches!(default, ParamDefault::Required);
            let _ = write!(self.out, ", {required}");
        }
        self.out.push_str(") %}");
        Ok(())
    }

    /// The definition of a macro whose arguments arrive bound: by position, every one.
    ///
    /// `computed` says which defaults the macro's body fills in for itself.
    pub(super) fn macro_definition(
        &mut self,
        node: &Macro<'_>,
        name: &str,
        computed: fn(&ParamDefault) -> bool,
    ) -> Result<Signature, SyntaxError> {
        let outer = std::mem::take(&mut self.out);
        let flags = (self.uses_varargs, self.uses_kwargs, self.uses_caller);
        (self.uses_varargs, self.uses_kwargs, self.uses_caller) = (false, false, false);
        let conditional = std::mem::replace(&mut self.conditional, 0);
        for param in &node.params {
            if let Some(default) = &param.default
                && computed(&ParamDefault::of(Some(default)))
            {
                self.out.push_str("{% if ");
                self.name(param.name);
                self.out.push_str(" is __missing %}{% set ");
                self.name(param.name);
                self.out.push_str(" = ");
                self.expr(default)?;
                self.out.push_str(" %}{% endif %}");
            }
        }
        self.captured_body(&node.body)?;
        self.conditional = conditional;
        let signature = Signature::of(node, self.uses_varargs, self.uses_kwargs, self.uses_caller);
        let body = std::mem::replace(&mut self.out, outer);
        (self.uses_varargs, self.uses_kwargs, self.uses_caller) = flags;

        let _ = write!(self.out, "{{% macro {name}(");
        for param in &node.params {
            self.name(param.name);
            self.out.push_str(", ");
        }
        for (used, special) in
            [(signature.varargs, "varargs"), (signature.kwargs, "kwargs"), (signature.caller, "caller")]
        {
            if used {
                self.out.push_str(special);
                self.out.push_str(", ");
            }
        }
        self.out.push_str(") %}");
        self.out.push_str(&body);
        self.out.push_str("{% endmacro %}");
        Ok(signature)
    }
}

/// Whether Jinja2 folds an expression to text while it compiles, so that native rendering sees no value.
fn is_constant(expr: &Expr<'_>) -> bool {
    match &expr.kind {
        ExprKind::None | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Str(_) => true,
        ExprKind::Name(_) | ExprKind::NsRef(..) | ExprKind::Call(..) => false,
        ExprKind::Filter { name, .. } => {
            !crate::jinja::filters::is_native(name) && expr.children().into_iter().all(is_constant)
        }
        _ => expr.children().into_iter().all(is_constant),
    }
}
