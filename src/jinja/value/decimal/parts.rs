//! `Decimal.as_tuple()`: sign, digits and exponent, by place and by name.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};

use super::super::super::undefined::no_element;
use super::super::{py_repr, tuple};
use super::{Decimal, Number};

const NAMES: [&str; 3] = ["sign", "digits", "exponent"];

/// Python's `DecimalTuple`.
#[derive(Debug)]
pub(super) struct Parts([Value; 3]);

impl Parts {
    /// The parts of a decimal.
    pub fn value(of: &Decimal) -> Value {
        let (negative, digits, exponent) = match &of.number {
            Number::Finite { coefficient, exponent, negative } => {
                (*negative, Decimal::digits(coefficient), Value::from(*exponent))
            }
            Number::Special(number) if number.is_nan() => (false, String::new(), Value::from("n")),
            Number::Special(number) => (*number < 0.0, "0".to_owned(), Value::from("F")),
        };
        let digits = digits.bytes().map(|digit| Value::from(i64::from(digit - b'0'))).collect();
        Value::from_object(Parts([Value::from(i64::from(negative)), tuple(digits), exponent]))
    }
}

impl Object for Parts {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = key.as_usize().or_else(|| NAMES.iter().position(|name| key.as_str() == Some(name)));
        at.and_then(|at| self.0.get(at).cloned()).or_else(|| Some(no_element("DecimalTuple object", key)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.to_vec())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = NAMES.iter().zip(&self.0).map(|(name, value)| format!("{name}={}", py_repr(value)));
        write!(f, "DecimalTuple({})", parts.collect::<Vec<_>>().join(", "))
    }
}
