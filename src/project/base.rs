//! dbt's base context: the names that templates see everywhere, even in files that are read before any macro is known.
//! Values of the invocation stand here; what needs no invocation (`tojson`, `modules`, ...) belongs to the dialect.

use std::fmt;
use std::sync::Arc;

use chrono::Timelike;
use serde_json::Value as Json;

use crate::events::{Event, Events, Level, thread_name};
use crate::invocation::Invocation;
use crate::jinja::value::dates::{DateTime, Zone};
use crate::jinja::value::{CLASS_KEY, Class, Dict, Function, from_json, py_repr, py_str, required, truth};
use crate::jinja::{Object, ObjectRepr, PyError, Value};

/// The dbt version whose behaviour rdbt reproduces; what `dbt_version` says in Jinja and in artifacts.
pub const DBT_VERSION: &str = "1.12.6";

/// The names of the base context in the order in which `builtins` lists them.
pub const BASE_NAMES: [&str; 23] = [
    "dbt_version",
    "var",
    "env_var",
    "return",
    "fromjson",
    "tojson",
    "fromyaml",
    "toyaml",
    "set",
    "set_strict",
    "zip",
    "zip_strict",
    "log",
    "run_started_at",
    "invocation_id",
    "thread_id",
    "otel_trace_id",
    "otel_span_id",
    "modules",
    "flags",
    "print",
    "diff_of_two_dicts",
    "local_md5",
];

/// Where the values of the base context come from.
#[derive(Debug, Clone)]
pub struct Base {
    invocation: Arc<Invocation>,
    events: Arc<Events>,
}

impl Base {
    /// For one invocation, whose messages go to `events`.
    pub fn new(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Base {
        Base { invocation: invocation.clone(), events: events.clone() }
    }

    /// The value of a name, or nothing. `node_info` tells what the messages of `log` are about.
    pub fn lookup(&self, name: &str, node_info: impl FnOnce() -> Json) -> Option<Value> {
        Some(match name {
            "dbt_version" => Value::from(DBT_VERSION),
            "log" => self.log(node_info()),
            "print" => self.print(),
            "run_started_at" => self.started(),
            "invocation_id" => Value::from(self.invocation.invocation_id.clone()),
            "thread_id" => Value::from(thread_name()),
            "otel_trace_id" => zeros("BaseContext.otel_trace_id", 32),
            "otel_span_id" => zeros("BaseContext.otel_span_id", 16),
            "flags" => Value::from_object(Flags { invocation: self.invocation.clone() }),
            _ => return None,
        })
    }

    fn log(&self, node_info: Json) -> Value {
        let events = self.events.clone();
        Function::new("BaseContext.log", move |_, args| {
            if args.pos.len() > 2 {
                let given = args.pos.len();
                let message =
                    format!("BaseContext.log() takes from 1 to 2 positional arguments but {given} were given");
                return Err(PyError::type_error(message));
            }
            let [message, info] = args.bind("BaseContext.log", ["msg", "info"])?;
            let message = py_str(&required(message, "BaseContext.log", "msg")?);
            let event = match info.is_some_and(|info| truth(&info)) {
                true => Event::new("JinjaLogInfo", "I062", Level::Info, message.clone()),
                false => Event::new("JinjaLogDebug", "I063", Level::Debug, message.clone()),
            };
            events.emit(event.with("msg", message).with("node_info", node_info.clone()));
            Ok(Value::from(""))
        })
    }

    fn print(&self) -> Value {
        let (events, prints) = (self.events.clone(), self.invocation.flags.print);
        Function::new("BaseContext.print", move |_, args| {
            let [message] = args.bind("BaseContext.print", ["msg"])?;
            let message = py_str(&required(message, "BaseContext.print", "msg")?);
            if prints {
                events.emit(Event::new("PrintEvent", "Z052", Level::Info, message.clone()).with("msg", message));
            }
            Ok(Value::from(""))
        })
    }

    /// When the program started, to the microsecond, which is as fine as Python's times are.
    fn started(&self) -> Value {
        let started = self.invocation.started_at.naive_utc();
        let started = started.with_nanosecond(started.nanosecond() / 1000 * 1000).unwrap_or(started);
        DateTime::new(started, Some(Zone::Utc)).value()
    }

    /// `invocation_args_dict`.
    pub fn arguments(&self) -> Value {
        let arguments = &self.invocation.flags.args_for_artifacts;
        Dict::from_pairs(arguments.iter().map(|(key, value)| (key.clone(), from_json(value))))
    }
}

/// The ids of a trace that nobody records.
fn zeros(name: &'static str, length: usize) -> Value {
    Function::new(name, move |_, args| {
        let [] = args.bind(name, [])?;
        Ok(Value::from("0".repeat(length)))
    })
}

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
struct Flags {
    invocation: Arc<Invocation>,
}

impl Flags {
    fn flag(&self, name: &str) -> Value {
        let flags = &self.invocation.flags;
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
