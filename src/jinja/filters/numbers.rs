//! Filters on numbers, and conversions to them.

use minijinja::value::Value;

use super::super::error::{PyError, PyErrorKind};
use super::super::ops;
use super::super::undefined::require_defined;
use super::super::value::{CallArgs, Decimal, Num, dates, index_arg, negated, py_str, rounded, type_name};
use super::{Filter, Ran};

pub(super) const FILTERS: &[(&str, Filter)] = &[
    ("abs", |_, input, _| abs(input)),
    ("as_bool", |_, input, _| Ok(input.clone())),
    ("as_native", |_, input, _| Ok(input.clone())),
    ("as_number", |_, input, _| Ok(input.clone())),
    ("as_text", |_, input, _| Ok(input.clone())),
    ("float", |_, input, args| float(input, args)),
    ("int", |_, input, args| int(input, args)),
    ("round", |_, input, args| round(input, args)),
    ("filesizeformat", |_, input, args| file_size(input, args)),
];

fn abs(input: &Value) -> Ran {
    require_defined(input)?;
    if let Some(decimal) = input.downcast_object_ref::<Decimal>() {
        let below = decimal.as_f64() < 0.0;
        return Ok(if below { Value::from_object(negated(decimal)) } else { input.clone() });
    }
    if dates::type_name(input) == Some("datetime.timedelta") {
        let below = ops::compare("lt", input, &ops::arithmetic("-", input, input)?)?;
        return if below { ops::neg(input) } else { Ok(input.clone()) };
    }
    match Num::of(input) {
        Some(Num::Float(number)) => Ok(Value::from(number.abs())),
        Some(number) if number.as_f64() < 0.0 => Ok(number.neg().into_value()),
        Some(number) => Ok(number.into_value()),
        None => Err(PyError::type_error(format!("bad operand type for abs(): '{}'", type_name(input)))),
    }
}

/// What Python's `float()` reads.
fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim().replace('_', "");
    let plain = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    let known =
        plain.starts_with(|c: char| c.is_ascii_digit() || c == '.') || matches!(&*plain, "inf" | "infinity" | "nan");
    if known { text.parse().ok() } else { None }
}

fn float(input: &Value, args: CallArgs) -> Ran {
    let [default] = args.bind("float", ["default"])?;
    let number = match input.as_str() {
        Some(text) => parse_float(text),
        None => Num::of(input).map(|number| number.as_f64()),
    };
    Ok(number.map_or_else(|| default.unwrap_or_else(|| Value::from(0.0)), Value::from))
}

/// What Python's `int(text, base)` reads.
fn parse_int(text: &str, base: u32) -> Option<Num> {
    let text = text.trim().replace('_', "");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let prefix = match base {
        16 => ["0x", "0X"],
        8 => ["0o", "0O"],
        2 => ["0b", "0B"],
        _ => ["", ""],
    };
    let digits = prefix.iter().find_map(|prefix| digits.strip_prefix(prefix)).unwrap_or(digits);
    if base == 10 {
        return if digits.is_empty() { None } else { Num::parse(&format!("{sign}{digits}")) };
    }
    i128::from_str_radix(&format!("{sign}{digits}"), base).ok().map(Num::Int)
}

fn int(input: &Value, args: CallArgs) -> Ran {
    let [default, base] = args.bind("int", ["default", "base"])?;
    let base = base.map_or(Ok(10), |base| index_arg(&base))?;
    let truncated = |number: f64| number.is_finite().then(|| Num::Int(number.trunc() as i128));
    let number = match input.as_str() {
        Some(text) => {
            let base = u32::try_from(base).ok().filter(|base| (2..=36).contains(base)).unwrap_or(10);
            parse_int(text, base).or_else(|| parse_float(text).and_then(truncated))
        }
        None => Num::of(input).and_then(|number| match number {
            Num::Float(number) => truncated(number),
            other => Some(other),
        }),
    };
    Ok(number.map_or_else(|| default.unwrap_or_else(|| Value::from(0)), Num::into_value))
}

fn round(input: &Value, args: CallArgs) -> Ran {
    let [precision, method] = args.bind("round", ["precision", "method"])?;
    let precision = precision.map_or(Ok(0), |precision| index_arg(&precision))? as i32;
    let method = method.map_or_else(|| "common".to_owned(), |method| py_str(&method));
    require_defined(input)?;
    if let (Some(decimal), "common") = (input.downcast_object_ref::<Decimal>(), method.as_str()) {
        return Ok(Value::from_object(rounded(decimal, i64::from(precision))));
    }
    let number = Num::of(input)
        .ok_or_else(|| PyError::type_error(format!("type {} doesn't define __round__ method", type_name(input))))?;
    let scale = 10f64.powi(precision);
    match method.as_str() {
        "common" => Ok(match number {
            Num::Float(number) if precision >= 0 => {
                Value::from(format!("{number:.*}", precision as usize).parse().unwrap_or(number))
            }
            Num::Float(number) => Value::from((number * scale).round_ties_even() / scale),
            other if precision >= 0 => other.into_value(),
            other => Value::from(((other.as_f64() * scale).round_ties_even() / scale) as i64),
        }),
        "ceil" => Ok(Value::from((number.as_f64() * scale).ceil() / scale)),
        "floor" => Ok(Value::from((number.as_f64() * scale).floor() / scale)),
        _ => Err(PyError::raise(PyErrorKind::Template, "method must be common, ceil or floor")),
    }
}

fn file_size(input: &Value, args: CallArgs) -> Ran {
    let [binary] = args.bind("filesizeformat", ["binary"])?;
    let binary = binary.is_some_and(|flag| flag.is_true());
    let (base, units) = if binary {
        (1024.0, ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"])
    } else {
        (1000.0, ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"])
    };
    let bytes = Num::of(&float(input, CallArgs::default())?).map_or(0.0, |number| number.as_f64());
    if bytes == 1.0 {
        return Ok(Value::from("1 Byte"));
    }
    if bytes < base {
        return Ok(Value::from(format!("{} Bytes", bytes as i64)));
    }
    let mut unit = base;
    for name in units {
        unit *= base;
        if bytes < unit || name.starts_with('Y') {
            return Ok(Value::from(format!("{:.1} {name}", base * bytes / unit)));
        }
    }
    Ok(Value::from(format!("{bytes} Bytes")))
}
