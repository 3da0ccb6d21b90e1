//! Filters of metrics as SQL: what MetricFlow's references in Jinja stand for, as names of columns.

use std::fmt;
use std::sync::Arc;

use super::shapes::Filter;
use crate::context::errors;
use crate::error;
use crate::jinja::value::{CallArgs, Dict, Function, iterate, py_str, required};
use crate::jinja::{Engine, ErrorKind, MjError, Object, ObjectRepr, State, Value};

/// `Dimension(...)`, `TimeDimension(...)`, `Entity(...)` or `Metric(...)` in a filter: prints the name of its column.
#[derive(Debug, Clone)]
struct Reference {
    column: String,
    /// `month` of `order__ordered_at__month`.
    grain: Option<String>,
    /// Whether it has `grain()` and `date_part()`.
    of_time: bool,
}

impl Object for Reference {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, MjError> {
        match name {
            "grain" | "date_part" if self.of_time => {
                let [grain] = CallArgs::split(args).bind(name, ["name"])?;
                let grain = Some(py_str(&required(grain, name, "name")?));
                Ok(Value::from_object(Reference { grain, ..Reference::clone(self) }))
            }
            "descending" => Ok(Value::from_dyn_object(self.clone())),
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.grain {
            Some(grain) => write!(f, "{}__{}", self.column, grain.to_lowercase()),
            None => f.write_str(&self.column),
        }
    }
}

/// The SQL of filters, each of which must hold; `None` without any.
///
/// # Errors
/// A template cannot be rendered: it refers to what filters do not have.
pub(super) fn sql(engine: &Engine, filter: Option<&Filter>) -> error::Result<Option<String>> {
    let mut parts = Vec::new();
    for condition in filter.into_iter().flat_map(|filter| &filter.where_filters) {
        let rendered = engine.render_str(&condition.where_sql_template, "filter", names());
        parts.push(rendered.map_err(|error| errors::from_jinja(&error, None))?.trim().to_owned());
    }
    Ok(both(parts.iter().map(|part| Some(part.as_str()))))
}

/// Conditions joined with `AND`, in parentheses if there are several.
pub(super) fn both<'a>(parts: impl IntoIterator<Item = Option<&'a str>>) -> Option<String> {
    let parts: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => None,
        [one] => Some((*one).to_owned()),
        many => Some(many.iter().map(|part| format!("({part})")).collect::<Vec<_>>().join(" AND ")),
    }
}

fn names() -> Value {
    let function = |name: &'static str, of_time| {
        (name, Function::new(name, move |_, args| Ok(Value::from_object(reference(name, of_time, args)?))))
    };
    Dict::from_pairs([
        function("Dimension", true),
        function("TimeDimension", true),
        function("Entity", false),
        function("Metric", false),
    ])
}

fn reference(function: &str, of_time: bool, mut args: CallArgs) -> Result<Reference, MjError> {
    let [name, grain, path] = match function {
        "TimeDimension" => {
            let known = ["name", "time_granularity_name", "entity_path"];
            args.named.retain(|(name, _)| known.contains(&&**name));
            args.bind(function, known)?
        }
        "Metric" => {
            let [name, _] = args.bind(function, ["name", "group_by"])?;
            [name, None, None]
        }
        _ => {
            let [name, path] = args.bind(function, ["name", "entity_path"])?;
            [name, None, path]
        }
    };
    let mut parts = match path {
        Some(path) => iterate(&path)?.iter().map(py_str).collect::<Vec<_>>(),
        None => Vec::new(),
    };
    parts.push(py_str(&required(name, function, "name")?));
    let grain = grain.filter(|grain| !grain.is_none()).map(|grain| py_str(&grain)).filter(|grain| !grain.is_empty());
    Ok(Reference { column: parts.join("__"), grain, of_time })
}
