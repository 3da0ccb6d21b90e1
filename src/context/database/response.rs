//! The adapter's response as macros see it: prints its message, has `code` and `rows_affected`.

use std::fmt;
use std::sync::Arc;

use crate::adapter::AdapterResponse;
use crate::jinja::value::{CLASS_KEY, Class, py_repr};
use crate::jinja::{Object, ObjectRepr, Value};

/// An [`AdapterResponse`] as a value.
#[derive(Debug)]
pub struct ResponseObject(pub AdapterResponse);

impl ResponseObject {
    /// A response as a value.
    pub fn value(response: AdapterResponse) -> Value {
        Value::from_object(ResponseObject(response))
    }

    /// What Python's `repr` prints.
    fn shown(&self) -> String {
        let AdapterResponse { message, code, rows_affected } = &self.0;
        let code = code.as_deref().map_or(Value::from(()), Value::from);
        let rows_affected = rows_affected.map_or(Value::from(()), Value::from);
        format!(
            "AdapterResponse(_message={}, code={}, rows_affected={}, query_id=None)",
            py_repr(&Value::from(message.as_str())),
            py_repr(&code),
            py_repr(&rows_affected)
        )
    }

    /// The response that a value is, if it is one.
    pub fn of(value: &Value) -> Option<&AdapterResponse> {
        value.downcast_object_ref::<ResponseObject>().map(|object| &object.0)
    }
}

impl Object for ResponseObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let none = || Value::from(());
        match key.as_str()? {
            CLASS_KEY => Some(Class::new("dbt.adapters.contracts.connection", "AdapterResponse").value()),
            "__repr__" => Some(Value::from(self.shown())),
            "code" => Some(self.0.code.as_deref().map_or_else(none, Value::from)),
            "rows_affected" => Some(self.0.rows_affected.map_or_else(none, Value::from)),
            "query_id" => Some(none()),
            _ => None,
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}
