//! Texts that need no template to be rendered: those of `jinja/plain.rs`, which call `ref`, `source`, `config` and `var` alone. Most models
//! are like that, and compiling a template that is used once costs several times what it takes to put its pieces together.

use std::sync::Arc;

use crate::jinja::plain::{Piece, PlainCall, plain_pieces};
use crate::jinja::value::{from_json, py_str};
use crate::jinja::{MjError, Value};

use super::call::Args;
use super::references;
use super::scope::{Globals, Scope};
use super::vars::VarFunction;

impl Globals {
    /// Whether a name means to a node of `package` what dbt means by it: no macro or package of that name stands before.
    pub(crate) fn is_dbts_own(&self, package: &str, name: &str) -> bool {
        self.macros.find(package, name).is_none() && !self.macros.is_namespace(name)
    }
}

/// What `source` renders to in `scope`, while running; none if that takes a render, be it for the error that it ends with.
pub fn plain_text(scope: &Arc<Scope>, source: &str) -> Option<String> {
    let package = scope.subject.package();
    if !scope.extra.is_empty() || !scope.executes() {
        return None;
    }
    let pieces = plain_pieces(source)?;
    let takes_render = |piece: &Piece| match piece {
        Piece::Text(_) => false,
        Piece::Call(PlainCall::Var(name, _)) if scope.globals.is_template_var(package, name) => true,
        Piece::Call(call) => !scope.globals.is_dbts_own(package, call.function()),
    };
    if pieces.iter().any(takes_render) {
        return None;
    }
    let mut text = String::with_capacity(source.len() + source.len() / 2);
    for piece in pieces {
        match piece {
            Piece::Text(data) => text.push_str(&data),
            Piece::Call(PlainCall::Config(_)) => {}
            Piece::Call(PlainCall::Var(name, default)) => {
                let given = VarFunction { scope: scope.clone() }.find(&name);
                text.push_str(&py_str(&given.or_else(|| default.as_ref().map(from_json))?));
            }
            Piece::Call(PlainCall::Ref(names)) => text.push_str(&relation(scope, names, references::call_ref)?),
            Piece::Call(PlainCall::Source(names)) => {
                text.push_str(&relation(scope, names.into(), references::call_source)?);
            }
        }
    }
    Some(text)
}

/// What `ref(name)` renders to in `scope`; none if it fails, or if the project has a `ref` of its own.
pub fn ref_text(scope: &Arc<Scope>, name: &str) -> Option<String> {
    let is_dbts = scope.globals.is_dbts_own(scope.subject.package(), "ref");
    is_dbts.then(|| relation(scope, vec![name.to_owned()], references::call_ref))?
}

type Call = fn(&Arc<Scope>, &Args) -> Result<Value, MjError>;

fn relation(scope: &Arc<Scope>, names: Vec<String>, call: Call) -> Option<String> {
    let positional: Vec<Value> = names.into_iter().map(Value::from).collect();
    let args = Args::new(&positional).ok()?;
    call(scope, &args).ok().map(|relation| py_str(&relation))
}
