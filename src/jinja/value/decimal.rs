//! Exact decimals that come from the host, such as `1.50` out of a database: Python's `decimal.Decimal`, with 28 digits of
//! precision and halves rounded to the even digit, as Python's default context has it.

mod arithmetic;
mod methods;

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Object, ObjectRepr, Value};
use minijinja::{Error as MjError, State};
use num_bigint::{BigInt, Sign};

use super::methods::BoundMethod;

pub(crate) use arithmetic::{binary, negated, rounded};

/// Digits that a result keeps.
const PRECISION: usize = 28;

/// A decimal number.
#[derive(Debug, Clone)]
pub struct Decimal {
    number: Number,
}

/// `coefficient * 10 ** exponent`, or one of the values that are no numbers.
#[derive(Debug, Clone)]
enum Number {
    Finite {
        coefficient: BigInt,
        exponent: i64,
        negative: bool,
    },
    /// `NaN`, `Infinity`, `-Infinity`.
    Special(f64),
}

impl Decimal {
    /// A number as a value; `text` is what Python's `Decimal` prints.
    pub fn value(text: &str) -> Value {
        Value::from_object(Decimal::parse(text).unwrap_or_else(|| Decimal::special(f64::NAN)))
    }

    fn special(number: f64) -> Decimal {
        Decimal { number: Number::Special(number) }
    }

    fn finite(coefficient: BigInt, exponent: i64) -> Decimal {
        let negative = coefficient.sign() == Sign::Minus;
        Decimal { number: Number::Finite { coefficient, exponent, negative } }
    }

    fn parse(text: &str) -> Option<Decimal> {
        if let "NaN" | "Infinity" | "-Infinity" = text {
            return text.parse().ok().map(Decimal::special);
        }
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let coefficient = BigInt::parse_bytes([whole, fraction].concat().as_bytes(), 10)?;
        let exponent = exponent.parse::<i64>().ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        let negative = text.starts_with('-');
        Some(Decimal { number: Number::Finite { coefficient, exponent, negative } })
    }

    /// The nearest float.
    pub fn as_f64(&self) -> f64 {
        match &self.number {
            Number::Finite { coefficient, exponent, .. } => {
                format!("{coefficient}e{exponent}").parse().unwrap_or(f64::INFINITY)
            }
            Number::Special(number) => *number,
        }
    }

    /// Digits of the coefficient, without sign.
    fn digits(coefficient: &BigInt) -> String {
        coefficient.magnitude().to_string()
    }

    /// Exact order of two numbers; none where one is not a number.
    pub(crate) fn compare(&self, other: &Decimal) -> Option<Ordering> {
        match (&self.number, &other.number) {
            (
                Number::Finite { coefficient: a, exponent: x, .. },
                Number::Finite { coefficient: b, exponent: y, .. },
            ) => {
                let least = *x.min(y);
                Some(arithmetic::scaled(a, x - least).cmp(&arithmetic::scaled(b, y - least)))
            }
            _ => self.as_f64().partial_cmp(&other.as_f64()),
        }
    }
}

impl fmt::Display for Decimal {
    /// Python's text: plain digits unless the exponent is positive or the number very small.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (coefficient, exponent, negative) = match &self.number {
            Number::Finite { coefficient, exponent, negative } => (coefficient, *exponent, *negative),
            Number::Special(number) if number.is_nan() => return f.write_str("NaN"),
            Number::Special(number) => return f.write_str(if *number < 0.0 { "-Infinity" } else { "Infinity" }),
        };
        let digits = Decimal::digits(coefficient);
        let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let (left, sign) = (exponent + count, if negative { "-" } else { "" });
        let plain = exponent <= 0 && left > -6;
        let point = if plain { left } else { 1 };
        let text = match usize::try_from(point) {
            Ok(0) => format!("0.{digits}"),
            Ok(point) if point >= digits.len() => digits.clone(),
            Ok(point) => format!("{}.{}", &digits[..point], &digits[point..]),
            Err(_) => format!("0.{}{digits}", "0".repeat(usize::try_from(-point).unwrap_or_default())),
        };
        f.write_str(sign)?;
        f.write_str(&text)?;
        if left == point { Ok(()) } else { write!(f, "E{:+}", left - point) }
    }
}

/// The methods that templates call.
const METHODS: [&str; 17] = [
    "adjusted",
    "as_tuple",
    "compare",
    "conjugate",
    "copy_abs",
    "copy_negate",
    "is_finite",
    "is_infinite",
    "is_nan",
    "is_signed",
    "is_zero",
    "normalize",
    "quantize",
    "sqrt",
    "to_eng_string",
    "to_integral",
    "to_integral_value",
];

impl Object for Decimal {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "__repr__" => Some(Value::from(format!("Decimal('{self}')"))),
            "real" => Some(Value::from_dyn_object(self.clone())),
            "imag" => Some(Value::from_object(Decimal::finite(BigInt::ZERO, 0))),
            name => BoundMethod::among(&METHODS, || Value::from_dyn_object(self.clone()), name),
        }
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, MjError> {
        self.method(method, args)
    }

    fn is_true(self: &Arc<Self>) -> bool {
        match &self.number {
            Number::Finite { coefficient, .. } => *coefficient != BigInt::ZERO,
            Number::Special(_) => true,
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        self.compare(other.downcast_ref::<Self>()?)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
