//! The parser's statements: Jinja2's, its `do` and loop controls, and dbt's blocks that are macros.

use std::borrow::Cow;

use super::SyntaxError;
use super::ast::{Expr, ExprKind, For, Macro, MacroTag, Param, Stmt, StmtKind};
use super::lexer::Tok;
use super::parser::{Parsed, Parser};

impl<'a> Parser<'a> {
    /// Reads a whole template.
    ///
    /// # Errors
    /// The template breaks Jinja2's grammar.
    pub fn template(mut self) -> Parsed<Vec<Stmt<'a>>> {
        self.subparse(None)
    }

    fn subparse(&mut self, end: Option<&'static [&'static str]>) -> Parsed<Vec<Stmt<'a>>> {
        self.deeper()?;
        let depth = self.end_tokens.len();
        self.end_tokens.extend(end);
        let body = self.body(end);
        self.end_tokens.truncate(depth);
        self.shallower();
        body
    }

    fn body(&mut self, end: Option<&'static [&'static str]>) -> Parsed<Vec<Stmt<'a>>> {
        let mut body = Vec::new();
        loop {
            let line = self.line();
            match *self.current() {
                Tok::Data(text) => {
                    self.next()?;
                    body.push(Stmt { line, kind: StmtKind::Data(Cow::Borrowed(text)) });
                }
                Tok::VariableBegin => {
                    self.next()?;
                    let expr = self.tuple(false, true, None, false, false)?;
                    self.expect_tok(&Tok::VariableEnd)?;
                    body.push(Stmt { line, kind: StmtKind::Print(expr) });
                }
                Tok::BlockBegin => {
                    self.next()?;
                    if end.is_some_and(|names| names.iter().any(|name| self.is_name(name))) {
                        return Ok(body);
                    }
                    let kind = self.statement()?;
                    body.push(Stmt { line, kind });
                    self.expect_tok(&Tok::BlockEnd)?;
                }
                _ => return Ok(body),
            }
        }
    }

    /// The body of a statement up to one of `end`, which stays the current token.
    fn statements(&mut self, end: &'static [&'static str]) -> Parsed<Vec<Stmt<'a>>> {
        self.skip_op(":")?;
        self.expect_tok(&Tok::BlockEnd)?;
        let body = self.subparse(Some(end))?;
        if *self.current() == Tok::Eof {
            self.end_tokens.push(end);
            return Err(self.unknown_or_eof(None, self.line()));
        }
        Ok(body)
    }

    fn statements_then_drop(&mut self, end: &'static [&'static str]) -> Parsed<Vec<Stmt<'a>>> {
        let body = self.statements(end)?;
        self.next()?;
        Ok(body)
    }

    fn unknown_or_eof(&self, name: Option<&str>, line: u32) -> SyntaxError {
        let mut message = match name {
            Some(name) => format!("Encountered unknown tag '{name}'."),
            None => "Unexpected end of template.".to_owned(),
        };
        if let Some(last) = self.end_tokens.last() {
            let looking = last.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(" or ");
            let misnested = name.is_some_and(|name| self.end_tokens.iter().any(|names| names.contains(&name)));
            message.push_str(&if misnested {
                format!(
                    " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for {looking}."
                )
            } else {
                format!(" Jinja was looking for the following tags: {looking}.")
            });
        }
        if let Some(tag) = self.tags.last() {
            message.push_str(&format!(" The innermost block that needs to be closed is '{tag}'."));
        }
        SyntaxError::new(message, line)
    }

    fn statement(&mut self) -> Parsed<StmtKind<'a>> {
        let line = self.line();
        let Tok::Name(name) = *self.current() else {
            return self.fail("tag name expected");
        };
        self.tags.push(name);
        let parsed = self.statement_named(name);
        if let Some(kind) = parsed? {
            self.tags.pop();
            return Ok(kind);
        }
        self.tags.pop();
        Err(self.unknown_or_eof(Some(name), line))
    }

    fn statement_named(&mut self, name: &'a str) -> Parsed<Option<StmtKind<'a>>> {
        let known = [
            "for",
            "if",
            "block",
            "extends",
            "print",
            "macro",
            "include",
            "from",
            "import",
            "set",
            "with",
            "autoescape",
            "call",
            "filter",
            "do",
            "break",
            "continue",
            "materialization",
            "docs",
            "test",
            "data_test",
        ];
        if !known.contains(&name) {
            return Ok(None);
        }
        let line = self.line();
        self.next()?;
        Ok(Some(match name {
            "for" => self.for_loop()?,
            "if" => self.if_chain()?,
            "set" => self.set()?,
            "do" => StmtKind::Do(self.tuple(false, true, None, false, false)?),
            "print" => self.print()?,
            "call" => self.call_block(line)?,
            "filter" => {
                let filter = self.filter_chain(None)?;
                StmtKind::FilterBlock(filter, self.statements_then_drop(&["endfilter"])?)
            }
            "with" => self.with()?,
            "autoescape" => {
                let value = self.expression()?;
                StmtKind::Autoescape(value, self.statements_then_drop(&["endautoescape"])?)
            }
            "block" => self.block()?,
            "extends" => StmtKind::Extends(self.expression()?),
            "include" => self.include()?,
            "import" => self.import()?,
            "from" => self.import_names()?,
            "break" => StmtKind::Break,
            "continue" => StmtKind::Continue,
            "macro" => self.macro_block(MacroTag::Macro, &["endmacro"])?,
            "test" => self.macro_block(MacroTag::Test, &["endtest"])?,
            "data_test" => self.macro_block(MacroTag::DataTest, &["enddata_test"])?,
            "docs" => self.docs()?,
            _ => self.materialization()?,
        }))
    }

    /// A target of an assignment.
    fn target(&mut self, end_name: Option<&str>, with_namespace: bool) -> Parsed<Expr<'a>> {
        let target = self.tuple(true, true, end_name, false, with_namespace)?;
        match unassignable(&target) {
            Some((line, what)) => Err(SyntaxError::new(format!("can't assign to '{what}'"), line)),
            None => Ok(target),
        }
    }

    fn target_name(&mut self) -> Parsed<&'a str> {
        let line = self.line();
        let name = self.expect_name()?;
        if matches!(name, "true" | "false" | "none" | "True" | "False" | "None") {
            return Err(SyntaxError::new("can't assign to 'name'", line));
        }
        Ok(name)
    }

    fn for_loop(&mut self) -> Parsed<StmtKind<'a>> {
        let target = self.target(Some("in"), false)?;
        self.expect_keyword("in")?;
        let iter = self.tuple(false, false, Some("recursive"), false, false)?;
        let test = if self.skip_name("if")? { Some(self.expression()?) } else { None };
        let recursive = self.skip_name("recursive")?;
        let body = self.statements(&["endfor", "else"])?;
        let has_else = self.is_name("else");
        self.next()?;
        let otherwise = if has_else { self.statements_then_drop(&["endfor"])? } else { Vec::new() };
        Ok(StmtKind::For(Box::new(For { target, iter, test, recursive, body, otherwise })))
    }

    fn if_chain(&mut self) -> Parsed<StmtKind<'a>> {
        let mut branches = Vec::new();
        loop {
            let test = self.tuple(false, false, None, false, false)?;
            branches.push((test, self.statements(&["elif", "else", "endif"])?));
            let (is_elif, is_else) = (self.is_name("elif"), self.is_name("else"));
            self.next()?;
            if !is_elif {
                let otherwise = if is_else { self.statements_then_drop(&["endif"])? } else { Vec::new() };
                return Ok(StmtKind::If(branches, otherwise));
            }
        }
    }

    fn set(&mut self) -> Parsed<StmtKind<'a>> {
        let target = self.target(None, true)?;
        if self.skip_op("=")? {
            return Ok(StmtKind::Set(target, self.tuple(false, true, None, false, false)?));
        }
        let filter = if self.skip_op("|")? { Some(self.filter_chain(None)?) } else { None };
        Ok(StmtKind::SetBlock(target, filter, self.statements_then_drop(&["endset"])?))
    }

    fn print(&mut self) -> Parsed<StmtKind<'a>> {
        let line = self.line();
        let mut parts = Vec::new();
        while *self.current() != Tok::BlockEnd {
            if !parts.is_empty() {
                self.expect_op(",")?;
            }
            parts.push(self.expression()?);
        }
        Ok(StmtKind::Print(Expr::new(line, ExprKind::Concat(parts))))
    }

    fn call_block(&mut self, line: u32) -> Parsed<StmtKind<'a>> {
        let params = if self.is_op("(") { self.signature()? } else { Vec::new() };
        let call = self.expression()?;
        if !matches!(call.kind, ExprKind::Call(..)) {
            return Err(SyntaxError::new("expected call", line));
        }
        Ok(StmtKind::CallBlock(params, call, self.statements_then_drop(&["endcall"])?))
    }

    fn with(&mut self) -> Parsed<StmtKind<'a>> {
        let mut pairs = Vec::new();
        while !matches!(self.current(), Tok::BlockEnd | Tok::Eof) {
            if !pairs.is_empty() {
                self.expect_op(",")?;
            }
            let target = self.target(None, false)?;
            self.expect_op("=")?;
            pairs.push((target, self.expression()?));
        }
        Ok(StmtKind::With(pairs, self.statements_then_drop(&["endwith"])?))
    }

    fn block(&mut self) -> Parsed<StmtKind<'a>> {
        let name = self.expect_name()?;
        self.skip_name("scoped")?;
        self.skip_name("required")?;
        if self.is_op("-") {
            return self.fail(
                "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, \
                 use an underscore instead.",
            );
        }
        let body = self.statements_then_drop(&["endblock"])?;
        self.skip_name(name)?;
        Ok(StmtKind::Block(name, body))
    }

    fn import_context(&mut self) -> Parsed<bool> {
        Ok(self.skip_names("with", "context")? || self.skip_names("without", "context")?)
    }

    fn include(&mut self) -> Parsed<StmtKind<'a>> {
        let template = self.expression()?;
        let ignore_missing = self.skip_names("ignore", "missing")?;
        self.import_context()?;
        Ok(StmtKind::Include(template, ignore_missing))
    }

    fn import(&mut self) -> Parsed<StmtKind<'a>> {
        let template = self.expression()?;
        self.expect_keyword("as")?;
        let name = self.target_name()?;
        self.import_context()?;
        Ok(StmtKind::Import(template, name))
    }

    fn import_names(&mut self) -> Parsed<StmtKind<'a>> {
        let template = self.expression()?;
        self.expect_keyword("import")?;
        let mut names = Vec::new();
        loop {
            if !names.is_empty() {
                self.expect_op(",")?;
            }
            if self.import_context()? {
                break;
            }
            let line = self.line();
            let name = self.target_name()?;
            if name.starts_with('_') {
                return Err(SyntaxError::new("names starting with an underline can not be imported", line));
            }
            let alias = if self.skip_name("as")? { self.target_name()? } else { name };
            names.push((name, alias));
            if self.import_context()? || !self.is_op(",") {
                break;
            }
        }
        Ok(StmtKind::FromImport(template, names))
    }

    fn macro_block(&mut self, tag: MacroTag, end: &'static [&'static str]) -> Parsed<StmtKind<'a>> {
        let name = self.target_name()?;
        let params = self.signature()?;
        let body = self.statements_then_drop(end)?;
        Ok(StmtKind::Macro(Box::new(Macro { tag, name, params, body })))
    }

    fn docs(&mut self) -> Parsed<StmtKind<'a>> {
        let name = self.target_name()?;
        let body = self.statements_then_drop(&["enddocs"])?;
        Ok(StmtKind::Macro(Box::new(Macro { tag: MacroTag::Docs, name, params: Vec::new(), body })))
    }

    fn materialization(&mut self) -> Parsed<StmtKind<'a>> {
        let name = self.target_name()?;
        let mut adapter = "default".to_owned();
        let mut languages = None;
        while self.skip_op(",")? {
            let line = self.line();
            match self.target_name()? {
                "default" => {}
                "adapter" => {
                    self.expect_op("=")?;
                    if let ExprKind::Str(value) = self.expression()?.kind {
                        adapter = value.into_owned();
                    }
                }
                "supported_languages" => {
                    self.expect_op("=")?;
                    languages = Some(self.default_value()?);
                }
                other => {
                    let message = format!("materialization '{name}' received unknown argument '{other}'.");
                    return Err(SyntaxError::new(message, line));
                }
            }
        }
        let (default, source) = match languages {
            Some((expr, source)) => (expr, source),
            None => (Expr::new(self.line(), ExprKind::List(vec![sql(self.line())])), "['sql']".to_owned()),
        };
        let params = vec![Param {
            name: "supported_languages",
            default: Some(default),
            default_source: Some(source),
            annotation: None,
        }];
        let body = self.statements_then_drop(&["endmaterialization"])?;
        Ok(StmtKind::Macro(Box::new(Macro { tag: MacroTag::Materialization { adapter }, name, params, body })))
    }

    fn default_value(&mut self) -> Parsed<(Expr<'a>, String)> {
        let start = self.start();
        let expr = self.expression()?;
        let text = self.source[start..self.previous_end()].to_owned();
        Ok((expr, text))
    }

    fn signature(&mut self) -> Parsed<Vec<Param<'a>>> {
        self.expect_op("(")?;
        let mut params: Vec<Param<'a>> = Vec::new();
        while !self.is_op(")") {
            if !params.is_empty() {
                self.expect_op(",")?;
            }
            let name = self.target_name()?;
            let annotation = if self.skip_op(":")? { Some(self.annotation()?) } else { None };
            let mut param = Param { name, default: None, default_source: None, annotation };
            if self.skip_op("=")? {
                let (expr, text) = self.default_value()?;
                param.default = Some(expr);
                param.default_source = Some(text);
            } else if params.last().is_some_and(|last| last.default.is_some()) {
                return self.fail("non-default argument follows default argument");
            }
            params.push(param);
        }
        self.expect_op(")")?;
        Ok(params)
    }

    /// A type as dbt's typed macros write it: a name, then other types in brackets.
    fn annotation(&mut self) -> Parsed<String> {
        let mut text = self.expect_name()?.to_owned();
        if self.skip_op("[")? {
            let mut inner: Vec<String> = Vec::new();
            while !self.is_op("]") {
                if !inner.is_empty() {
                    self.expect_op(",")?;
                }
                inner.push(self.annotation()?);
            }
            self.expect_op("]")?;
            text = format!("{text}[{}]", inner.join(", "));
        }
        Ok(text)
    }
}

fn sql<'a>(line: u32) -> Expr<'a> {
    Expr::new(line, ExprKind::Str(Cow::Borrowed("sql")))
}

/// What in a target cannot be assigned to, in Jinja2's words.
fn unassignable(target: &Expr<'_>) -> Option<(u32, &'static str)> {
    let what = match &target.kind {
        ExprKind::Name(_) | ExprKind::NsRef(..) => return None,
        ExprKind::Tuple(items) => return items.iter().find_map(unassignable).map(|_| (target.line, "tuple")),
        ExprKind::None | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Str(_) => "const",
        ExprKind::List(_) => "list",
        ExprKind::Dict(_) => "dict",
        _ => "expr",
    };
    Some((target.line, what))
}
