//! The parser's expressions: Jinja2's precedence, Jinja2's messages.

use super::SyntaxError;
use super::ast::{Args, BinaryOp, CompareOp, Expr, ExprKind, UnaryOp};
use super::lexer::Tok;
use super::parser::{Parsed, Parser};

/// How strongly operators between operands bind, the weakest first; `not` stands before its operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Compare,
    Add,
    Concat,
    Multiply,
    Power,
}

impl<'a> Parser<'a> {
    pub(super) fn expression(&mut self) -> Parsed<Expr<'a>> {
        self.expression_with(true)
    }

    fn expression_with(&mut self, conditional: bool) -> Parsed<Expr<'a>> {
        self.deeper()?;
        let links = std::mem::take(&mut self.links);
        let parsed = if conditional { self.cond() } else { self.chain(Level::Or) };
        self.links = links;
        self.shallower();
        parsed
    }

    fn cond(&mut self) -> Parsed<Expr<'a>> {
        let mut line = self.line();
        let mut expr = self.chain(Level::Or)?;
        while self.skip_name("if")? {
            self.link()?;
            let test = Box::new(self.chain(Level::Or)?);
            let otherwise = if self.skip_name("else")? { Some(Box::new(self.expression()?)) } else { None };
            expr = Expr::new(line, ExprKind::Cond { test, then: Box::new(expr), otherwise });
            line = self.line();
        }
        Ok(expr)
    }

    /// Operands and the operators between them that bind at least as strongly as `least`. Most expressions are a single
    /// operand, which so passes through one function and not through one for each of Jinja2's levels.
    fn chain(&mut self, least: Level) -> Parsed<Expr<'a>> {
        let line = self.line();
        let mut left = match least <= Level::Not && self.is_name("not") {
            true => self.negation()?,
            false => self.unary(true)?,
        };
        while let Some(level) = self.level().filter(|level| *level >= least) {
            let kind = match level {
                Level::Compare => ExprKind::Compare(Box::new(left), self.comparisons()?),
                Level::Concat => ExprKind::Concat(self.concatenation(left)?),
                _ => self.pair(level, left)?,
            };
            left = Expr::new(line, kind);
        }
        Ok(left)
    }

    fn negation(&mut self) -> Parsed<Expr<'a>> {
        let line = self.line();
        self.next()?;
        self.deeper()?;
        let operand = self.chain(Level::Not)?;
        self.shallower();
        Ok(Expr::new(line, ExprKind::Unary(UnaryOp::Not, Box::new(operand))))
    }

    /// How strongly the operator binds that stands here, if it is one between two operands.
    fn level(&self) -> Option<Level> {
        Some(match *self.current() {
            Tok::Op(op) => match op {
                "+" | "-" => Level::Add,
                "~" => Level::Concat,
                "*" | "/" | "//" | "%" => Level::Multiply,
                "**" => Level::Power,
                "==" | "!=" | "<" | "<=" | ">" | ">=" => Level::Compare,
                _ => return None,
            },
            Tok::Name(name) => match name {
                "or" => Level::Or,
                "and" => Level::And,
                "in" => Level::Compare,
                "not" if *self.look() == Tok::Name("in") => Level::Compare,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// The operator that stands here with `left` before it and what is behind it.
    fn pair(&mut self, level: Level, left: Expr<'a>) -> Parsed<ExprKind<'a>> {
        let op = match *self.current() {
            Tok::Op("+") => Some(BinaryOp::Add),
            Tok::Op("-") => Some(BinaryOp::Sub),
            Tok::Op("*") => Some(BinaryOp::Mul),
            Tok::Op("/") => Some(BinaryOp::Div),
            Tok::Op("//") => Some(BinaryOp::FloorDiv),
            Tok::Op("%") => Some(BinaryOp::Mod),
            Tok::Op("**") => Some(BinaryOp::Pow),
            _ => None,
        };
        // Of a chain that is too long the line is told that Jinja2 has come to: the operator's, or that of what is behind it.
        let behind = matches!(op, None | Some(BinaryOp::Pow));
        if !behind {
            self.link()?;
        }
        self.next()?;
        if behind {
            self.link()?;
        }
        let left = Box::new(left);
        Ok(match (op, level) {
            (Some(op @ (BinaryOp::Add | BinaryOp::Sub)), _) => {
                ExprKind::Binary(op, left, Box::new(self.chain(Level::Concat)?))
            }
            (Some(BinaryOp::Pow), _) => ExprKind::Binary(BinaryOp::Pow, left, Box::new(self.unary(true)?)),
            (Some(op), _) => ExprKind::Binary(op, left, Box::new(self.chain(Level::Power)?)),
            (None, Level::And) => ExprKind::And(left, Box::new(self.chain(Level::Not)?)),
            (None, _) => ExprKind::Or(left, Box::new(self.chain(Level::And)?)),
        })
    }

    /// All comparisons that follow each other here: `a < b <= c` is one expression.
    fn comparisons(&mut self) -> Parsed<Vec<(CompareOp, Expr<'a>)>> {
        let mut ops = Vec::new();
        loop {
            let op = match *self.current() {
                Tok::Op("==") => CompareOp::Eq,
                Tok::Op("!=") => CompareOp::Ne,
                Tok::Op("<") => CompareOp::Lt,
                Tok::Op("<=") => CompareOp::Le,
                Tok::Op(">") => CompareOp::Gt,
                Tok::Op(">=") => CompareOp::Ge,
                Tok::Name("in") => CompareOp::In,
                Tok::Name("not") if *self.look() == Tok::Name("in") => {
                    self.next()?;
                    CompareOp::NotIn
                }
                _ => return Ok(ops),
            };
            self.next()?;
            ops.push((op, self.chain(Level::Add)?));
        }
    }

    /// All that `~` joins here, `first` before it.
    fn concatenation(&mut self, first: Expr<'a>) -> Parsed<Vec<Expr<'a>>> {
        let mut parts = vec![first];
        while self.skip_op("~")? {
            parts.push(self.chain(Level::Multiply)?);
        }
        Ok(parts)
    }

    fn unary(&mut self, with_filter: bool) -> Parsed<Expr<'a>> {
        let line = self.line();
        let sign = match self.current() {
            Tok::Op("-") => Some(UnaryOp::Neg),
            Tok::Op("+") => Some(UnaryOp::Pos),
            _ => None,
        };
        let node = match sign {
            Some(sign) => {
                self.next()?;
                self.deeper()?;
                let operand = self.unary(false)?;
                self.shallower();
                Expr::new(line, ExprKind::Unary(sign, Box::new(operand)))
            }
            None => self.primary(false)?,
        };
        let node = self.postfix(node)?;
        if with_filter { self.filters_and_tests(node) } else { Ok(node) }
    }

    pub(super) fn primary(&mut self, with_namespace: bool) -> Parsed<Expr<'a>> {
        let line = self.line();
        let kind = match self.current().clone() {
            Tok::Name(name) => {
                self.next()?;
                match name {
                    "true" | "True" => ExprKind::Bool(true),
                    "false" | "False" => ExprKind::Bool(false),
                    "none" | "None" => ExprKind::None,
                    _ if with_namespace && self.skip_op(".")? => ExprKind::NsRef(name, self.expect_name()?),
                    _ => ExprKind::Name(name),
                }
            }
            Tok::Str(mut text) => {
                self.next()?;
                while let Tok::Str(more) = self.current().clone() {
                    text.to_mut().push_str(&more);
                    self.next()?;
                }
                ExprKind::Str(text)
            }
            Tok::Int(digits) => {
                self.next()?;
                ExprKind::Int(digits)
            }
            Tok::Float(number) => {
                self.next()?;
                ExprKind::Float(number)
            }
            Tok::Op("(") => {
                self.next()?;
                let inner = self.tuple(false, true, None, true, false)?;
                self.expect_op(")")?;
                return Ok(inner);
            }
            Tok::Op("[") => return self.list(),
            Tok::Op("{") => return self.dict(),
            other => return self.fail(format!("unexpected '{}'", other.describe())),
        };
        Ok(Expr::new(line, kind))
    }

    fn is_tuple_end(&self, end_name: Option<&str>) -> bool {
        matches!(self.current(), Tok::VariableEnd | Tok::BlockEnd | Tok::Op(")"))
            || end_name.is_some_and(|name| self.is_name(name))
    }

    /// One expression, or several with commas between them.
    pub(super) fn tuple(
        &mut self,
        simplified: bool,
        conditional: bool,
        end_name: Option<&str>,
        parenthesized: bool,
        with_namespace: bool,
    ) -> Parsed<Expr<'a>> {
        let line = self.line();
        let mut items = Vec::new();
        let mut is_tuple = false;
        loop {
            if !items.is_empty() {
                self.expect_op(",")?;
            }
            if self.is_tuple_end(end_name) {
                break;
            }
            let item = if simplified { self.primary(with_namespace)? } else { self.expression_with(conditional)? };
            items.push(item);
            if !self.is_op(",") {
                break;
            }
            is_tuple = true;
        }
        if !is_tuple {
            if let Some(only) = items.pop() {
                return Ok(only);
            }
            if !parenthesized {
                return self.fail(format!("Expected an expression, got '{}'", self.current().describe()));
            }
        }
        Ok(Expr::new(line, ExprKind::Tuple(items)))
    }

    fn list(&mut self) -> Parsed<Expr<'a>> {
        let line = self.line();
        self.expect_op("[")?;
        let mut items = Vec::new();
        while !self.is_op("]") {
            if !items.is_empty() {
                self.expect_op(",")?;
            }
            if self.is_op("]") {
                break;
            }
            items.push(self.expression()?);
        }
        self.expect_op("]")?;
        Ok(Expr::new(line, ExprKind::List(items)))
    }

    fn dict(&mut self) -> Parsed<Expr<'a>> {
        let line = self.line();
        self.expect_op("{")?;
        let mut pairs = Vec::new();
        while !self.is_op("}") {
            if !pairs.is_empty() {
                self.expect_op(",")?;
            }
            if self.is_op("}") {
                break;
            }
            let key = self.expression()?;
            self.expect_op(":")?;
            pairs.push((key, self.expression()?));
        }
        self.expect_op("}")?;
        Ok(Expr::new(line, ExprKind::Dict(pairs)))
    }

    pub(super) fn postfix(&mut self, mut node: Expr<'a>) -> Parsed<Expr<'a>> {
        loop {
            node = match *self.current() {
                Tok::Op(".") => self.attribute(node)?,
                Tok::Op("[") => self.subscript(node)?,
                Tok::Op("(") => self.call(node)?,
                _ => return Ok(node),
            };
            self.link()?;
        }
    }

    fn filters_and_tests(&mut self, mut node: Expr<'a>) -> Parsed<Expr<'a>> {
        loop {
            node = match *self.current() {
                Tok::Op("|") => self.filter(node)?,
                Tok::Name("is") => self.test(node)?,
                Tok::Op("(") => self.call(node)?,
                _ => return Ok(node),
            };
            self.link()?;
        }
    }

    fn attribute(&mut self, node: Expr<'a>) -> Parsed<Expr<'a>> {
        let line = self.line();
        self.next()?;
        let found = (self.line(), self.current().clone());
        self.next()?;
        let kind = match found.1 {
            Tok::Name(name) => ExprKind::Attr(Box::new(node), name),
            Tok::Int(digits) => ExprKind::Item(Box::new(node), Box::new(Expr::new(found.0, ExprKind::Int(digits)))),
            _ => return Err(SyntaxError::new("expected name or number", found.0)),
        };
        Ok(Expr::new(line, kind))
    }

    fn subscript(&mut self, node: Expr<'a>) -> Parsed<Expr<'a>> {
        let line = self.line();
        self.next()?;
        let mut keys = Vec::new();
        while !self.is_op("]") {
            if !keys.is_empty() {
                self.expect_op(",")?;
            }
            keys.push(self.subscribed()?);
        }
        self.expect_op("]")?;
        let single = if keys.len() == 1 { keys.pop() } else { None };
        let key = single.unwrap_or_else(|| Expr::new(line, ExprKind::Tuple(keys)));
        Ok(Expr::new(line, ExprKind::Item(Box::new(node), Box::new(key))))
    }

    fn subscribed(&mut self) -> Parsed<Expr<'a>> {
        let line = self.line();
        let mut parts = [None, None, None];
        if !self.is_op(":") {
            let node = self.expression()?;
            if !self.is_op(":") {
                return Ok(node);
            }
            parts[0] = Some(node);
        }
        for part in &mut parts[1..] {
            if !self.skip_op(":")? {
                break;
            }
            if !(self.is_op(":") || self.is_op("]") || self.is_op(",")) {
                *part = Some(self.expression()?);
            }
        }
        Ok(Expr::new(line, ExprKind::Slice(Box::new(parts))))
    }

    fn call(&mut self, node: Expr<'a>) -> Parsed<Expr<'a>> {
        let line = self.line();
        let args = self.args()?;
        Ok(Expr::new(line, ExprKind::Call(Box::new(node), args)))
    }

    fn args(&mut self) -> Parsed<Args<'a>> {
        let line = self.line();
        let misplaced = || Err(SyntaxError::new("invalid syntax for function call expression", line));
        self.expect_op("(")?;
        let mut args = Args::default();
        let mut first = true;
        while !self.is_op(")") {
            if !first {
                self.expect_op(",")?;
                if self.is_op(")") {
                    break;
                }
            }
            first = false;
            if self.is_op("*") {
                if args.star.is_some() || args.star_star.is_some() {
                    return misplaced();
                }
                self.next()?;
                args.star = Some(Box::new(self.expression()?));
            } else if self.is_op("**") {
                if args.star_star.is_some() {
                    return misplaced();
                }
                self.next()?;
                args.star_star = Some(Box::new(self.expression()?));
            } else if let (&Tok::Name(name), Tok::Op("=")) = (self.current(), self.look()) {
                if args.star_star.is_some() {
                    return misplaced();
                }
                self.next()?;
                self.next()?;
                args.named.push((name, self.expression()?));
            } else {
                if args.star.is_some() || args.star_star.is_some() || !args.named.is_empty() {
                    return misplaced();
                }
                args.pos.push(self.expression()?);
            }
        }
        self.expect_op(")")?;
        Ok(args)
    }

    fn dotted_name(&mut self) -> Parsed<String> {
        let mut name = self.expect_name()?.to_owned();
        while self.skip_op(".")? {
            name.push('.');
            name.push_str(self.expect_name()?);
        }
        Ok(name)
    }

    fn filter(&mut self, node: Expr<'a>) -> Parsed<Expr<'a>> {
        self.next()?;
        self.filter_chain(Some(node))
    }

    /// A filter and those that follow it, the first `|` already behind us.
    pub(super) fn filter_chain(&mut self, mut input: Option<Expr<'a>>) -> Parsed<Expr<'a>> {
        loop {
            self.link()?;
            let line = self.line();
            let name = self.dotted_name()?;
            let args = if self.is_op("(") { self.args()? } else { Args::default() };
            let node = Expr::new(line, ExprKind::Filter { input: input.take().map(Box::new), name, args });
            if !self.skip_op("|")? {
                return Ok(node);
            }
            input = Some(node);
        }
    }

    fn test(&mut self, node: Expr<'a>) -> Parsed<Expr<'a>> {
        let line = self.line();
        self.next()?;
        let negated = self.skip_name("not")?;
        let name = self.dotted_name()?;
        let mut args = Args::default();
        if self.is_op("(") {
            args = self.args()?;
        } else if self.starts_test_argument() {
            if self.is_name("is") {
                return self.fail("You cannot chain multiple tests with is");
            }
            let argument = self.primary(false)?;
            args.pos.push(self.postfix(argument)?);
        }
        let test = Expr::new(line, ExprKind::Test { input: Box::new(node), name, args });
        Ok(if negated { Expr::new(line, ExprKind::Unary(UnaryOp::Not, Box::new(test))) } else { test })
    }

    fn starts_test_argument(&self) -> bool {
        match *self.current() {
            Tok::Name(name) => !matches!(name, "else" | "or" | "and"),
            Tok::Str(_) | Tok::Int(_) | Tok::Float(_) | Tok::Op("[" | "{") => true,
            _ => false,
        }
    }
}
