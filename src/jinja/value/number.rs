//! Python's numbers: integers without bounds, floats, and what the operators make of them.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::Error as MjError;
use minijinja::value::{DynObject, Object, ObjectRepr, Value, ValueKind};
use num_bigint::BigInt;

use super::super::error::PyError;
use super::decimal::Decimal;
use super::named_int::NamedInt;

/// An integer that does not fit in 128 bits.
#[derive(Debug)]
pub(crate) struct Big(pub BigInt);

impl Object for Big {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.0.cmp(&other.downcast_ref::<Self>()?.0))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A number of either kind.
#[derive(Debug, Clone)]
pub(crate) enum Num {
    Int(i128),
    Big(BigInt),
    Float(f64),
}

use Num::{Big as BigNum, Float, Int};

impl Num {
    /// The number that a value is; `true` is 1.
    pub fn of(value: &Value) -> Option<Num> {
        match value.kind() {
            ValueKind::Bool => Some(Int(i128::from(value.is_true()))),
            ValueKind::Number if value.is_integer() => match i128::try_from(value.clone()) {
                Ok(int) => Some(Int(int)),
                Err(_) => Num::parse(&value.to_string()),
            },
            ValueKind::Number => f64::try_from(value.clone()).ok().map(Float),
            ValueKind::Plain => match value.downcast_object_ref::<Big>() {
                Some(big) => Some(BigNum(big.0.clone())),
                None => match value.downcast_object_ref::<NamedInt>() {
                    Some(named) => Some(Int(i128::from(named.number))),
                    None => value.downcast_object_ref::<Decimal>().map(|decimal| Float(decimal.as_f64())),
                },
            },
            _ => None,
        }
    }

    /// An integer in decimal digits.
    pub fn parse(digits: &str) -> Option<Num> {
        BigInt::parse_bytes(digits.as_bytes(), 10).map(Num::normal)
    }

    fn normal(big: BigInt) -> Num {
        i128::try_from(&big).map_or(BigNum(big), Int)
    }

    pub fn into_value(self) -> Value {
        match self {
            Int(int) => match i64::try_from(int) {
                Ok(small) => Value::from(small),
                Err(_) => Value::from(int),
            },
            BigNum(big) => Value::from_object(Big(big)),
            Float(float) => Value::from(float),
        }
    }

    pub fn as_f64(&self) -> f64 {
        match self {
            Int(int) => *int as f64,
            BigNum(big) => big.to_string().parse().unwrap_or(f64::INFINITY),
            Float(float) => *float,
        }
    }

    pub fn big(&self) -> Option<BigInt> {
        match self {
            Int(int) => Some(BigInt::from(*int)),
            BigNum(big) => Some(big.clone()),
            Float(_) => None,
        }
    }

    fn is_zero(&self) -> bool {
        match self {
            Int(int) => *int == 0,
            BigNum(_) => false,
            Float(float) => *float == 0.0,
        }
    }

    pub fn compare(&self, other: &Num) -> Option<Ordering> {
        match (self, other) {
            (Int(a), Int(b)) => Some(a.cmp(b)),
            _ => match (self.big(), other.big()) {
                (Some(a), Some(b)) => Some(a.cmp(&b)),
                _ => self.as_f64().partial_cmp(&other.as_f64()),
            },
        }
    }

    fn apply(
        self,
        other: Num,
        small: fn(i128, i128) -> Option<i128>,
        big: fn(BigInt, BigInt) -> BigInt,
        float: fn(f64, f64) -> f64,
    ) -> Num {
        if let (Int(a), Int(b)) = (&self, &other)
            && let Some(result) = small(*a, *b)
        {
            return Int(result);
        }
        match (self.big(), other.big()) {
            (Some(a), Some(b)) => Num::normal(big(a, b)),
            _ => Float(float(self.as_f64(), other.as_f64())),
        }
    }

    pub fn add(self, other: Num) -> Num {
        self.apply(other, i128::checked_add, |a, b| a + b, |a, b| a + b)
    }

    pub fn sub(self, other: Num) -> Num {
        self.apply(other, i128::checked_sub, |a, b| a - b, |a, b| a - b)
    }

    pub fn mul(self, other: Num) -> Num {
        self.apply(other, i128::checked_mul, |a, b| a * b, |a, b| a * b)
    }

    pub fn neg(self) -> Num {
        match self {
            Float(float) => Float(-float),
            other => Int(0).sub(other),
        }
    }

    /// `/`
    pub fn div(self, other: Num) -> Result<Num, MjError> {
        if other.is_zero() {
            let float = matches!((&self, &other), (Float(_), _) | (_, Float(_)));
            return Err(PyError::value_error(if float { "float division by zero" } else { "division by zero" }));
        }
        Ok(Float(self.as_f64() / other.as_f64()))
    }

    /// `//`, which rounds towards minus infinity.
    pub fn floor_div(self, other: Num) -> Result<Num, MjError> {
        if other.is_zero() {
            let float = matches!((&self, &other), (Float(_), _) | (_, Float(_)));
            let message = if float { "float floor division by zero" } else { "integer division or modulo by zero" };
            return Err(PyError::value_error(message));
        }
        Ok(match (self.big(), other.big()) {
            (Some(a), Some(b)) => {
                let (quotient, rest) = (&a / &b, &a % &b);
                let inexact = rest != BigInt::ZERO && ((rest < BigInt::ZERO) != (b < BigInt::ZERO));
                Num::normal(if inexact { quotient - 1 } else { quotient })
            }
            _ => Float((self.as_f64() / other.as_f64()).floor()),
        })
    }

    /// `%`, whose result has the sign of the divisor.
    pub fn modulo(self, other: Num) -> Result<Num, MjError> {
        if other.is_zero() {
            let float = matches!((&self, &other), (Float(_), _) | (_, Float(_)));
            return Err(PyError::value_error(if float { "float modulo" } else { "integer modulo by zero" }));
        }
        Ok(match (self.big(), other.big()) {
            (Some(a), Some(b)) => {
                let rest = &a % &b;
                let wrong_sign = rest != BigInt::ZERO && ((rest < BigInt::ZERO) != (b < BigInt::ZERO));
                Num::normal(if wrong_sign { rest + b } else { rest })
            }
            _ => {
                let (a, b) = (self.as_f64(), other.as_f64());
                let rest = a % b;
                Float(if rest != 0.0 && ((rest < 0.0) != (b < 0.0)) { rest + b } else { rest })
            }
        })
    }

    /// `**`
    pub fn pow(self, other: Num) -> Result<Num, MjError> {
        if let (Some(base), Int(exponent)) = (self.big(), &other)
            && *exponent >= 0
        {
            return match u32::try_from(*exponent) {
                Ok(exponent) if exponent <= 100_000 => Ok(Num::normal(base.pow(exponent))),
                _ => Err(PyError::value_error("exponent too large")),
            };
        }
        if self.is_zero() && other.as_f64() < 0.0 {
            return Err(PyError::value_error("0.0 cannot be raised to a negative power"));
        }
        Ok(Float(self.as_f64().powf(other.as_f64())))
    }
}
