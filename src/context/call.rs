//! Reading the arguments of a call from a template, the way a Python signature would.

use crate::jinja::{Kwargs, MjError, PyError, Rest, Value, value::py_repr};

/// Positional and keyword arguments of one call.
#[derive(Debug, Default)]
pub struct Args {
    /// In order.
    pub positional: Vec<Value>,
    /// In order of writing.
    pub keywords: Vec<(String, Value)>,
}

impl Args {
    /// Splits what the engine hands over.
    ///
    /// # Errors
    /// Only if the engine's argument list is malformed.
    pub fn new(values: &[Value]) -> Result<Args, MjError> {
        let (rest, kwargs): (Rest<Value>, Kwargs) = minijinja::value::from_args(values)?;
        let mut keywords = Vec::new();
        for name in kwargs.args() {
            keywords.push((name.to_owned(), kwargs.peek::<Value>(name)?));
        }
        Ok(Args { positional: rest.0, keywords })
    }

    /// The argument at `index` or called `name`; none if it was not given.
    pub fn get(&self, index: usize, name: &str) -> Option<Value> {
        self.positional.get(index).cloned().or_else(|| self.keyword(name))
    }

    /// A keyword argument.
    pub fn keyword(&self, name: &str) -> Option<Value> {
        self.keywords.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    /// The argument, or Python's `TypeError` for a missing one.
    ///
    /// # Errors
    /// It was not given.
    pub fn require(&self, function: &str, index: usize, name: &str) -> Result<Value, MjError> {
        self.get(index, name).ok_or_else(|| {
            PyError::type_error(format!("{function}() missing 1 required positional argument: '{name}'"))
        })
    }

    /// The argument as text.
    ///
    /// # Errors
    /// It was not given or is no text.
    pub fn text(&self, function: &str, index: usize, name: &str) -> Result<String, MjError> {
        let value = self.require(function, index, name)?;
        value.as_str().map(str::to_owned).ok_or_else(|| {
            PyError::type_error(format!("{function}() takes a string as `{name}`, got {}", py_repr(&value)))
        })
    }
}
