//! Jinja2's filters with dbt's additions, and the filters that the front end lowers operators to.

mod html;
mod internal;
mod numbers;
mod select;
mod sequences;
mod text;
mod urlize;

use minijinja::value::{Rest, Value, ValueOrKwargs};
use minijinja::{Environment, Error as MjError, State};

use super::value::CallArgs;

pub(super) type Ran = Result<Value, MjError>;

/// A filter: its input, then the arguments of the call.
pub(super) type Filter = fn(&mut State<'_, '_>, &Value, CallArgs) -> Ran;

/// Filters of ours that take their arguments as the engine passes them.
pub(super) type RawFilter = fn(&mut State<'_, '_>, &[Value]) -> Ran;

/// dbt's filters that give a YAML value its type.
const NATIVE: [&str; 4] = ["as_bool", "as_native", "as_number", "as_text"];

/// Whether a filter gives a YAML value its type, which differs between text and native rendering.
pub(super) fn is_native(name: &str) -> bool {
    NATIVE.contains(&name)
}

/// Whether templates may use a filter of this name.
pub(super) fn exists(name: &str) -> bool {
    tables().any(|(known, _)| *known == name)
}

fn tables() -> impl Iterator<Item = &'static (&'static str, Filter)> {
    [text::FILTERS, sequences::FILTERS, select::FILTERS, numbers::FILTERS, html::FILTERS].into_iter().flatten()
}

/// Puts every filter into an environment.
pub(super) fn install(env: &mut Environment<'static>) {
    for &(name, filter) in tables() {
        env.add_filter(name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| -> Ran {
            let args = args.into_values();
            let (input, rest) =
                args.split_first().ok_or_else(|| MjError::from(minijinja::ErrorKind::MissingArgument))?;
            filter(state, input, CallArgs::split(rest))
        });
    }
    for &(name, filter) in internal::FILTERS {
        env.add_filter(name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| -> Ran {
            filter(state, &args.into_values())
        });
    }
}
