//! Exact decimals that come from the host, such as `1.50` out of a database. They print as they are; calculating with
//! them gives floats.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Object, ObjectRepr, Value};

/// A decimal number: Python's `decimal.Decimal`.
#[derive(Debug)]
pub struct Decimal {
    text: String,
    float: f64,
}

impl Decimal {
    /// A number as a value; `text` is what Python's `Decimal` prints.
    pub fn value(text: String, float: f64) -> Value {
        Value::from_object(Decimal { text, float })
    }

    /// The nearest float.
    pub fn as_f64(&self) -> f64 {
        self.float
    }
}

impl Object for Decimal {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str() == Some("__repr__")).then(|| Value::from(format!("Decimal('{}')", self.text)))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.float != 0.0
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.float.total_cmp(&other.downcast_ref::<Self>()?.float))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
