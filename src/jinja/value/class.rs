//! What Python calls the class of an object that the host gives to templates. Error messages name it, `{{ object }}`
//! prints it, and it says whether the object can be called.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};

/// Under this name an object of the host answers with its [`Class`].
pub const CLASS_KEY: &str = "__python_class__";

/// A Python class: its module and name.
#[derive(Debug, Clone, Copy)]
pub struct Class {
    /// The module, `dbt.context.providers` for instance; empty for Python's own classes.
    pub module: &'static str,
    /// The class itself.
    pub name: &'static str,
    /// Whether its objects can be called.
    pub callable: bool,
}

impl Class {
    /// A class whose objects are data.
    pub const fn new(module: &'static str, name: &'static str) -> Class {
        Class { module, name, callable: false }
    }

    /// A class whose objects can be called.
    pub const fn callable(module: &'static str, name: &'static str) -> Class {
        Class { module, name, callable: true }
    }

    /// What an object answers to [`CLASS_KEY`].
    pub fn value(self) -> Value {
        Value::from_object(self)
    }

    /// Writes what Python prints for an object that has no text of its own.
    ///
    /// # Errors
    /// The formatter's own.
    pub fn write<T>(self, f: &mut fmt::Formatter<'_>, object: &Arc<T>) -> fmt::Result {
        write!(f, "<{}{}{} object at {:p}>", self.module, self.dot(), self.name, Arc::as_ptr(object))
    }

    fn dot(self) -> &'static str {
        if self.module.is_empty() { "" } else { "." }
    }

    /// The name with its module, as Jinja2's messages have it.
    pub(crate) fn full_name(self) -> String {
        [self.module, self.dot(), self.name].concat()
    }
}

impl Object for Class {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

/// A class as a value, for templates that print it or compare with it.
#[derive(Debug)]
pub struct ClassObject(&'static str);

impl ClassObject {
    /// The class of a full name, `re.Pattern`.
    pub fn value(name: &'static str) -> Value {
        Value::from_object(ClassObject(name))
    }
}

impl Object for ClassObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == CLASS_KEY).then(|| Class::callable("", "type").value())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<class '{}'>", self.0)
    }
}

/// The class that an object of the host says it has.
pub(crate) fn class_of(value: &Value) -> Option<Class> {
    let class = value.as_object()?.get_value_by_str(CLASS_KEY)?;
    class.downcast_object_ref::<Class>().copied()
}
