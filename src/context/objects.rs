//! dbt's objects in templates that hold a little of everything: `flags`, `builtins`, `validation` and the macro stack.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::jinja::value::{CLASS_KEY, Class, Dict, Function, from_json, py_eq, py_repr, py_str};
use crate::jinja::{MjError, Object, ObjectRepr, State, Value};

use super::errors::raise;
use super::scope::Scope;
use super::{NAMES, builtins};

/// The flags that templates see; all others are undefined, also in lower case.
const FLAGS: [&str; 30] = [
    "USE_EXPERIMENTAL_PARSER",
    "STATIC_PARSER",
    "WARN_ERROR",
    "WARN_ERROR_OPTIONS",
    "WRITE_JSON",
    "PARTIAL_PARSE",
    "USE_COLORS",
    "PROFILES_DIR",
    "DEBUG",
    "LOG_FORMAT",
    "VERSION_CHECK",
    "FAIL_FAST",
    "SEND_ANONYMOUS_USAGE_STATS",
    "PRINTER_WIDTH",
    "INDIRECT_SELECTION",
    "LOG_CACHE_EVENTS",
    "QUIET",
    "NO_PRINT",
    "CACHE_SELECTED_ONLY",
    "INTROSPECT",
    "TARGET_PATH",
    "LOG_PATH",
    "INVOCATION_COMMAND",
    "EMPTY",
    "MAXIMUM_SEED_SIZE_MIB",
    "HINTS_ENABLED",
    "FULL_REFRESH",
    "STORE_FAILURES",
    "WHICH",
    "REQUIRE_SQL_HEADER_IN_TEST_CONFIGS",
];

/// `flags`.
#[derive(Debug)]
pub struct Flags {
    pub(crate) scope: Arc<Scope>,
}

impl Flags {
    fn flag(&self, name: &str) -> Value {
        let flags = &self.scope.globals.invocation.flags;
        let lower = name.to_lowercase();
        match name {
            "FULL_REFRESH" => Value::from(flags.full_refresh),
            "STORE_FAILURES" => Value::from(flags.store_failures),
            "EMPTY" => Value::from(flags.empty),
            "USE_EXPERIMENTAL_PARSER" => Value::from(false),
            _ => {
                let known = flags.other.get(&lower).or_else(|| flags.args_for_artifacts.get(&lower));
                known.map_or_else(|| Value::from(()), from_json)
            }
        }
    }
}

impl Object for Flags {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            CLASS_KEY => Some(Class::new("argparse", "Namespace").value()),
            name => FLAGS.contains(&name).then(|| self.flag(name)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = FLAGS.map(|name| format!("{name}={}", py_repr(&self.flag(name))));
        write!(f, "Namespace({})", shown.join(", "))
    }
}

/// `builtins`: dbt's own functions even where a macro of the same name hides them.
#[derive(Debug)]
pub struct Builtins {
    pub(crate) scope: Arc<Scope>,
}

impl Object for Builtins {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        builtins::lookup(&self.scope, key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> crate::jinja::Enumerator {
        let known = NAMES.iter().filter(|name| builtins::lookup(&self.scope, name).is_some());
        crate::jinja::Enumerator::Values(known.map(|name| Value::from(*name)).collect())
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
