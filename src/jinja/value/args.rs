//! Arguments of a call, split in positional and keyword ones, and functions that take them so.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Kwargs, Object, ObjectRepr, Value};
use minijinja::{Error as MjError, State};

use super::super::error::PyError;

/// The arguments of a call, nothing converted: undefined stays undefined, unlike with typed parameters.
#[derive(Debug, Clone, Default)]
pub struct CallArgs {
    /// Positional arguments.
    pub pos: Vec<Value>,
    /// Keyword arguments in the order of the call.
    pub named: Vec<(Arc<str>, Value)>,
}

impl CallArgs {
    /// Splits what the engine passes to a callable object.
    pub fn split(args: &[Value]) -> CallArgs {
        let Some((last, before)) = args.split_last().filter(|(last, _)| last.is_kwargs()) else {
            return CallArgs { pos: args.to_vec(), named: Vec::new() };
        };
        let pairs = last.as_object().and_then(|object| object.try_iter_pairs()).into_iter().flatten();
        let named = pairs.filter_map(|(key, value)| Some((key.to_str()?, value))).collect();
        CallArgs { pos: before.to_vec(), named }
    }

    /// The arguments by parameter name, as Python binds them; `None` where one was left out.
    ///
    /// # Errors
    /// There are too many arguments, one that `params` does not name, or one given twice.
    pub fn bind<const N: usize>(self, function: &str, params: [&str; N]) -> Result<[Option<Value>; N], MjError> {
        if self.pos.len() > N {
            let given = self.pos.len();
            let most = if N == 1 { "1 positional argument".to_owned() } else { format!("{N} positional arguments") };
            let were = if given == 1 { "was" } else { "were" };
            return Err(PyError::type_error(format!("{function}() takes {most} but {given} {were} given")));
        }
        let mut bound = [const { None }; N];
        for (slot, value) in bound.iter_mut().zip(self.pos) {
            *slot = Some(value);
        }
        for (name, value) in self.named {
            let Some(at) = params.iter().position(|param| **param == *name) else {
                return Err(PyError::type_error(format!("{function}() got an unexpected keyword argument '{name}'")));
            };
            if bound[at].is_some() {
                return Err(PyError::type_error(format!("{function}() got multiple values for argument '{name}'")));
            }
            bound[at] = Some(value);
        }
        Ok(bound)
    }

    /// The arguments as the engine passes them.
    pub fn join(self) -> Vec<Value> {
        let mut args = self.pos;
        if !self.named.is_empty() {
            args.push(Value::from(
                self.named.into_iter().map(|(key, value)| (key.to_string(), value)).collect::<Kwargs>(),
            ));
        }
        args
    }
}

/// The argument that must be there, in the words of Python's `TypeError`.
///
/// # Errors
/// The argument was left out.
pub fn required(value: Option<Value>, function: &str, param: &str) -> Result<Value, MjError> {
    value.ok_or_else(|| PyError::type_error(format!("{function}() missing 1 required positional argument: '{param}'")))
}

type Body = dyn Fn(&mut State<'_, '_>, CallArgs) -> Result<Value, MjError> + Send + Sync;

/// A function of the host.
pub struct Function {
    name: &'static str,
    body: Box<Body>,
}

impl Function {
    /// A callable value.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(
        name: &'static str,
        body: impl Fn(&mut State<'_, '_>, CallArgs) -> Result<Value, MjError> + Send + Sync + 'static,
    ) -> Value {
        Value::from_object(Function { name, body: Box::new(body) })
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {}>", self.name)
    }
}

impl Object for Function {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        (self.body)(state, CallArgs::split(args))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {} at {:p}>", self.name, Arc::as_ptr(self))
    }
}
