//! Calculating with decimals: exact where it fits into the precision, rounded half to even where it does not. An integer
//! takes part as a decimal; a float does not, as in Python.

use minijinja::Error as MjError;
use minijinja::value::Value;
use num_bigint::{BigInt, Sign};

use super::super::super::error::PyError;
use super::super::number::Num;
use super::{Decimal, Number, PRECISION};

/// `value * 10 ** by`.
pub(super) fn scaled(value: &BigInt, by: i64) -> BigInt {
    value * power(by)
}

fn power(of_ten: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(of_ten.clamp(0, 100_000)).unwrap_or_default())
}

/// `value / 10 ** by`, halves to the even digit.
fn divided(value: &BigInt, by: i64) -> BigInt {
    let divisor = power(by);
    let (quotient, rest) = (value / &divisor, value % &divisor);
    let twice = BigInt::from_biguint(Sign::Plus, rest.magnitude() * 2u32);
    let odd = &quotient % 2 != BigInt::ZERO;
    if twice > divisor || (twice == divisor && odd) {
        quotient + if value.sign() == Sign::Minus { -1 } else { 1 }
    } else {
        quotient
    }
}

/// The number with at most [`PRECISION`] digits.
pub(super) fn fitted(coefficient: BigInt, exponent: i64) -> Decimal {
    let excess = Decimal::digits(&coefficient).len().saturating_sub(PRECISION);
    if excess == 0 {
        return Decimal::finite(coefficient, exponent);
    }
    let excess = i64::try_from(excess).unwrap_or(i64::MAX);
    let shorter = divided(&coefficient, excess);
    fitted(shorter, exponent + excess)
}

/// The decimal that an operand is: a decimal, or an integer.
pub(super) fn operand(value: &Value) -> Option<Decimal> {
    if let Some(decimal) = value.downcast_object_ref::<Decimal>() {
        return Some(decimal.clone());
    }
    match Num::of(value)? {
        Num::Float(_) => None,
        integer => Some(Decimal::finite(integer.big()?, 0)),
    }
}

/// `a op b`, when one of them is a decimal and the other one or an integer; nothing otherwise.
pub(crate) fn binary(op: &str, a: &Value, b: &Value) -> Option<Result<Value, MjError>> {
    let is_decimal = |value: &Value| value.downcast_object_ref::<Decimal>().is_some();
    if !is_decimal(a) && !is_decimal(b) {
        return None;
    }
    let (left, right) = (operand(a)?, operand(b)?);
    Some(calculate(op, &left, &right).map(Value::from_object))
}

fn calculate(op: &str, a: &Decimal, b: &Decimal) -> Result<Decimal, MjError> {
    let (Number::Finite { coefficient: x, exponent: i, .. }, Number::Finite { coefficient: y, exponent: j, .. }) =
        (&a.number, &b.number)
    else {
        return Ok(Decimal::special(special(op, a.as_f64(), b.as_f64())));
    };
    let least = *i.min(j);
    let (left, right) = (scaled(x, i - least), scaled(y, j - least));
    match op {
        "+" => Ok(fitted(left + right, least)),
        "-" => Ok(fitted(left - right, least)),
        "*" => Ok(fitted(x * y, i + j)),
        "** or pow()" => raised(a, x, *i, b),
        "/" if *y == BigInt::ZERO => Err(by_zero(*x == BigInt::ZERO)),
        "/" => Ok(quotient(x, *i, y, *j)),
        "//" if *y == BigInt::ZERO => Err(by_zero(*x == BigInt::ZERO)),
        "//" => Ok(fitted(left / right, 0)),
        _ if *y == BigInt::ZERO => Err(PyError::value_error("[<class 'decimal.InvalidOperation'>]")),
        _ => Ok(fitted(left % right, least)),
    }
}

fn special(op: &str, a: f64, b: f64) -> f64 {
    match op {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" | "//" => a / b,
        "%" => a % b,
        _ => a.powf(b),
    }
}

fn by_zero(zero: bool) -> MjError {
    let class = if zero { "DivisionUndefined" } else { "DivisionByZero" };
    PyError::value_error(format!("[<class 'decimal.{class}'>]"))
}

/// The quotient: the exponent that the operands suggest if it is exact, all digits of the precision otherwise.
fn quotient(x: &BigInt, i: i64, y: &BigInt, j: i64) -> Decimal {
    let length = |value: &BigInt| i64::try_from(Decimal::digits(value).len()).unwrap_or(i64::MAX);
    let precision = i64::try_from(PRECISION).unwrap_or(i64::MAX);
    let shift = (length(y) - length(x) + precision + 1).max(0);
    let numerator = scaled(x, shift);
    let (mut result, rest) = (&numerator / y, &numerator % y);
    let mut exponent = i - j - shift;
    if rest != BigInt::ZERO {
        // A digit that is neither 0 nor 5 keeps the rounding below from seeing a tie that is none.
        if &result % 5 == BigInt::ZERO {
            result += if (x.sign() == Sign::Minus) == (y.sign() == Sign::Minus) { 1 } else { -1 };
        }
        return fitted(result, exponent);
    }
    while exponent < i - j && &result % 10 == BigInt::ZERO {
        result /= 10;
        exponent += 1;
    }
    fitted(result, exponent)
}

/// Whole powers exactly, others through floats.
fn raised(base: &Decimal, coefficient: &BigInt, exponent: i64, power: &Decimal) -> Result<Decimal, MjError> {
    let whole = power.whole().and_then(|whole| i64::try_from(whole).ok()).filter(|whole| whole.abs() <= 10_000);
    let Some(whole) = whole else {
        let number = base.as_f64().powf(power.as_f64());
        return Ok(Decimal::parse(&format!("{number:e}")).unwrap_or_else(|| Decimal::special(number)));
    };
    let times = u32::try_from(whole.unsigned_abs()).unwrap_or_default();
    let (result, scale) = (coefficient.pow(times), exponent * i64::from(times));
    if whole >= 0 {
        return Ok(fitted(result, scale));
    }
    if result == BigInt::ZERO {
        return Err(by_zero(false));
    }
    Ok(quotient(&BigInt::from(1), 0, &result, scale))
}

/// `-a`.
pub(crate) fn negated(decimal: &Decimal) -> Decimal {
    match &decimal.number {
        Number::Finite { coefficient, exponent, .. } => fitted(-coefficient, *exponent),
        Number::Special(number) => Decimal::special(-number),
    }
}

/// `round(a, places)`: so many digits behind the point.
pub(crate) fn rounded(decimal: &Decimal, places: i64) -> Decimal {
    match &decimal.number {
        Number::Finite { coefficient, exponent, .. } if *exponent < -places => {
            Decimal::finite(divided(coefficient, -places - exponent), -places)
        }
        Number::Finite { coefficient, exponent, .. } => {
            Decimal::finite(scaled(coefficient, exponent + places), -places)
        }
        Number::Special(_) => decimal.clone(),
    }
}

impl Decimal {
    /// The integer that the number is, if it is one.
    fn whole(&self) -> Option<BigInt> {
        let Number::Finite { coefficient, exponent, .. } = &self.number else { return None };
        if *exponent >= 0 {
            return Some(scaled(coefficient, *exponent));
        }
        let divisor = power(-exponent);
        (coefficient % &divisor == BigInt::ZERO).then(|| coefficient / divisor)
    }
}
