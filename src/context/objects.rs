//! dbt's objects in templates that hold a little of everything: `builtins`, `validation` and the macro stack.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::jinja::value::{CLASS_KEY, Class, Dict, Function, py_eq, py_str};
use crate::jinja::{MjError, Object, ObjectRepr, State, Value};

use super::builtins;
use super::errors::raise;
use super::scope::Scope;

/// `builtins`: dbt's own functions even where a macro of the same name hides them.
#[derive(Debug)]
pub struct Builtins {
    pub(crate) scope: Arc<Scope>,
}

impl Object for Builtins {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        match name {
            "doc" => self.scope.extra.get(name).cloned(),
            _ => builtins::lookup(&self.scope, name),
        }
    }

    fn enumerate(self: &Arc<Self>) -> crate::jinja::Enumerator {
        crate::jinja::Enumerator::Values(builtins::names(&self.scope).map(Value::from).collect())
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, MjError> {
        match builtins::lookup(&self.scope, method) {
            Some(function) => function.call(state, args),
            None => Err(MjError::from(minijinja::ErrorKind::UnknownMethod)),
        }
    }
}

/// `validation`: `validation.any(a, b)` gives a check that fails for everything else.
pub fn validation() -> Value {
    let any = Function::new("ProviderContext.validation.<locals>.validate_any", |_, args| {
        let allowed = args.pos;
        Ok(Function::new("ProviderContext.validation.<locals>.validate_any.<locals>.inner", move |_, args| {
            let [value] = args.bind("ProviderContext.validation.<locals>.validate_any.<locals>.inner", ["value"])?;
            let value = value.unwrap_or_default();
            if allowed.iter().any(|allowed| py_eq(allowed, &value)) {
                return Ok(Value::from(()));
            }
            let shown: Vec<String> = allowed.iter().map(py_str).collect();
            let message = format!("Expected value \"{}\" to be one of {}", py_str(&value), shown.join(","));
            Err(raise(Error::runtime(message)))
        }))
    });
    Dict::from_pairs([("any", any)])
}

/// `context_macro_stack`, which only dbt itself looks into.
#[derive(Debug)]
pub struct MacroStack;

impl MacroStack {
    const CLASS: Class = Class::new("dbt.clients.jinja", "MacroStack");
}

impl Object for MacroStack {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == CLASS_KEY).then(|| Self::CLASS.value())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::CLASS.write(f, self)
    }
}
