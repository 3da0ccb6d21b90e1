//! Methods of decimals.

use minijinja::value::Value;
use minijinja::{Error as MjError, ErrorKind};
use num_bigint::{BigInt, Sign};

use super::super::super::error::PyError;
use super::super::{NamedTuple, tuple, type_name};
use super::arithmetic::{fitted, operand, scaled};
use super::{Decimal, Number, PRECISION, negated, rounded};

fn other(args: &[Value]) -> Result<Decimal, MjError> {
    let value = args.first().cloned().unwrap_or_default();
    operand(&value).ok_or_else(|| {
        PyError::type_error(format!("conversion from {} to Decimal is not supported", type_name(&value)))
    })
}

impl Decimal {
    /// Calls the method `name`.
    pub(super) fn method(&self, name: &str, args: &[Value]) -> Result<Value, MjError> {
        let (nan, infinite) = (self.as_f64().is_nan(), self.as_f64().is_infinite());
        let negative = match &self.number {
            Number::Finite { negative, .. } => *negative,
            Number::Special(number) => *number < 0.0,
        };
        let value =
            match name {
                "is_nan" => Value::from(nan),
                "is_infinite" => Value::from(infinite),
                "is_finite" => Value::from(!nan && !infinite),
                "is_signed" => Value::from(negative),
                "is_zero" => Value::from(
                    matches!(&self.number, Number::Finite { coefficient, .. } if *coefficient == BigInt::ZERO),
                ),
                "as_tuple" => self.as_tuple(),
                "adjusted" => Value::from(self.adjusted()),
                "to_eng_string" => Value::from(self.to_string()),
                "copy_abs" if negative => Value::from_object(negated(self)),
                "copy_abs" | "conjugate" => Value::from_object(self.clone()),
                "copy_negate" => Value::from_object(negated(self)),
                "to_integral_value" | "to_integral" => Value::from_object(self.integral()),
                "normalize" => Value::from_object(self.normalized()),
                "sqrt" => Value::from_object(self.root()),
                "quantize" => Value::from_object(match &other(args)?.number {
                    Number::Finite { exponent, .. } => rounded(self, -exponent),
                    Number::Special(_) => Decimal::special(f64::NAN),
                }),
                "compare" => {
                    let order = self.compare(&other(args)?);
                    Value::from_object(order.map_or_else(
                        || Decimal::special(f64::NAN),
                        |order| Decimal::finite(BigInt::from(order as i8), 0),
                    ))
                }
                _ => return Err(MjError::from(ErrorKind::UnknownMethod)),
            };
        Ok(value)
    }

    fn as_tuple(&self) -> Value {
        let (digits, exponent, negative) = match &self.number {
            Number::Finite { coefficient, exponent, negative } => {
                (Decimal::digits(coefficient), Value::from(*exponent), *negative)
            }
            Number::Special(number) if number.is_nan() => (String::new(), Value::from("n"), false),
            Number::Special(number) => ("0".to_owned(), Value::from("F"), *number < 0.0),
        };
        let digits = digits.chars().filter_map(|digit| digit.to_digit(10)).map(Value::from).collect();
        let items = vec![Value::from(i64::from(negative)), tuple(digits), exponent];
        NamedTuple::of("DecimalTuple", &["sign", "digits", "exponent"], items)
    }

    /// The exponent of the first digit.
    fn adjusted(&self) -> i64 {
        match &self.number {
            Number::Finite { coefficient, exponent, .. } => {
                exponent + i64::try_from(Decimal::digits(coefficient).len()).unwrap_or_default() - 1
            }
            Number::Special(_) => 0,
        }
    }

    fn integral(&self) -> Decimal {
        match &self.number {
            Number::Finite { exponent, .. } if *exponent < 0 => rounded(self, 0),
            _ => self.clone(),
        }
    }

    /// Without zeros at the end.
    fn normalized(&self) -> Decimal {
        let Number::Finite { coefficient, exponent, .. } = &self.number else { return self.clone() };
        if *coefficient == BigInt::ZERO {
            return Decimal::finite(BigInt::ZERO, 0);
        }
        let (mut digits, mut exponent) = (coefficient.clone(), *exponent);
        while &digits % 10 == BigInt::ZERO {
            digits /= 10;
            exponent += 1;
        }
        fitted(digits, exponent)
    }

    fn root(&self) -> Decimal {
        let Number::Finite { coefficient, exponent, .. } = &self.number else { return self.clone() };
        if coefficient.sign() == Sign::Minus {
            return Decimal::special(f64::NAN);
        }
        let mut shift = i64::try_from(2 * PRECISION + 4).unwrap_or_default();
        if (exponent - shift) % 2 != 0 {
            shift += 1;
        }
        let wide = scaled(coefficient, shift);
        let root = wide.sqrt();
        let exact = &root * &root == wide;
        let result = fitted(root, (exponent - shift) / 2);
        if exact { result.trimmed(exponent.div_euclid(2)) } else { result }
    }

    /// Without zeros at the end, down to the exponent that is asked for.
    fn trimmed(&self, ideal: i64) -> Decimal {
        let Number::Finite { coefficient, exponent, .. } = &self.number else { return self.clone() };
        let (mut digits, mut exponent) = (coefficient.clone(), *exponent);
        while exponent < ideal && &digits % 10 == BigInt::ZERO {
            digits /= 10;
            exponent += 1;
        }
        Decimal::finite(digits, exponent)
    }
}
