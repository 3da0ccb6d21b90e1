//! Python's `%` formatting and `str.format`.

use minijinja::Error as MjError;
use minijinja::value::{Value, ValueKind};

use super::super::error::PyError;
use super::args::CallArgs;
use super::number::Num;
use super::text::{float_repr, py_repr, py_str};
use super::{iterate, lookup, type_name};

/// What stands between `%` or `:` and the letter of a conversion.
#[derive(Debug, Default, Clone)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    zero: bool,
    width: usize,
    group: Option<char>,
    precision: Option<usize>,
    letter: Option<char>,
}

/// Python's `text % values`.
///
/// # Errors
/// The values do not fit the format.
pub(crate) fn percent(text: &str, values: &Value) -> Result<Value, MjError> {
    let is_map = values.kind() == ValueKind::Map;
    let mut positional = if values.is_tuple() { iterate(values)? } else { vec![values.clone()] }.into_iter();
    let mut used_names = false;
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut named = None;
        if chars.next_if_eq(&'(').is_some() {
            let name: String = chars.by_ref().take_while(|&c| c != ')').collect();
            if !is_map {
                return Err(PyError::type_error("format requires a mapping"));
            }
            used_names = true;
            named = Some(lookup(values, &name).ok_or_else(|| PyError::value_error(py_repr(&Value::from(name))))?);
        }
        let mut next =
            || positional.next().ok_or_else(|| PyError::type_error("not enough arguments for format string"));
        let spec = percent_spec(&mut chars, &mut next)?;
        let Some(letter) = spec.letter else {
            return Err(PyError::value_error("incomplete format"));
        };
        if letter == '%' {
            out.push('%');
            continue;
        }
        let value = match named {
            Some(value) => value,
            None => next()?,
        };
        out.push_str(&percent_one(&spec, letter, &value)?);
    }
    if positional.next().is_some() && !is_map && !used_names {
        return Err(PyError::type_error("not all arguments converted during string formatting"));
    }
    Ok(Value::from(out))
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn percent_spec(chars: &mut Chars<'_>, next: &mut dyn FnMut() -> Result<Value, MjError>) -> Result<Spec, MjError> {
    let mut spec = Spec { align: Some('>'), ..Spec::default() };
    while let Some(flag) = chars.next_if(|c| "-+ #0".contains(*c)) {
        match flag {
            '-' => spec.align = Some('<'),
            '0' => spec.zero = true,
            '#' => spec.alternate = true,
            sign => spec.sign = Some(sign),
        }
    }
    let mut number = |chars: &mut Chars<'_>| -> Result<usize, MjError> {
        if chars.next_if_eq(&'*').is_some() {
            return next()?.as_usize().ok_or_else(|| PyError::type_error("* wants int"));
        }
        Ok(digits(chars))
    };
    spec.width = number(chars)?;
    if chars.next_if_eq(&'.').is_some() {
        spec.precision = Some(number(chars)?);
    }
    while chars.next_if(|c| "hlL".contains(*c)).is_some() {}
    spec.letter = chars.next();
    spec.zero &= spec.align == Some('>');
    Ok(spec)
}

fn digits(chars: &mut Chars<'_>) -> usize {
    let mut number = 0usize;
    while let Some(digit) = chars.next_if(char::is_ascii_digit).and_then(|c| c.to_digit(10)) {
        number = number.saturating_mul(10).saturating_add(digit as usize).min(10_000);
    }
    number
}

fn percent_one(spec: &Spec, letter: char, value: &Value) -> Result<String, MjError> {
    let text = match letter {
        's' => py_str(value),
        'r' | 'a' => py_repr(value),
        'c' => value.as_str().map_or_else(|| char_of(value), |text| Ok(text.to_owned()))?,
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
            let Some(number) = Num::of(value) else {
                let wanted = if "diu".contains(letter) { "a real number" } else { "an integer" };
                let message = format!("%{letter} format: {wanted} is required, not {}", type_name(value));
                return Err(PyError::type_error(message));
            };
            let letter = if "iu".contains(letter) { 'd' } else { letter };
            return Ok(integer(&Spec { letter: Some(letter), ..spec.clone() }, truncated(number)));
        }
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
            let number = Num::of(value)
                .ok_or_else(|| PyError::type_error(format!("must be real number, not {}", type_name(value))))?;
            return Ok(float(spec, number.as_f64()));
        }
        other => {
            let message = format!("unsupported format character '{other}' (0x{:x})", other as u32);
            return Err(PyError::value_error(message));
        }
    };
    let text = spec.precision.map_or(text.clone(), |most| text.chars().take(most).collect());
    Ok(pad(&text, spec.width, spec.align.unwrap_or('>'), ' '))
}

fn char_of(value: &Value) -> Result<String, MjError> {
    let code = value.as_i64().and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32);
    code.map(String::from).ok_or_else(|| PyError::type_error("%c requires int or char"))
}

fn truncated(number: Num) -> Num {
    match number {
        Num::Float(float) => Num::Int(float.trunc() as i128),
        other => other,
    }
}

fn pad(text: &str, width: usize, align: char, fill: char) -> String {
    let missing = width.saturating_sub(text.chars().count());
    let (left, right) = match align {
        '<' => (0, missing),
        '^' => (missing / 2, missing - missing / 2),
        _ => (missing, 0),
    };
    let fill = |count| std::iter::repeat_n(fill, count);
    fill(left).chain(text.chars()).chain(fill(right)).collect()
}

/// Sign, prefix and digits, zeros between them when the spec says so.
fn numeric(spec: &Spec, negative: bool, prefix: &str, digits: &str) -> String {
    let sign = match (negative, spec.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        _ => "",
    };
    let fixed = sign.len() + prefix.len();
    if spec.zero || spec.align == Some('=') {
        let fill = if spec.zero { '0' } else { spec.fill.unwrap_or(' ') };
        let digits = pad(digits, spec.width.saturating_sub(fixed), '>', fill);
        return format!("{sign}{prefix}{digits}");
    }
    pad(&format!("{sign}{prefix}{digits}"), spec.width, spec.align.unwrap_or('>'), spec.fill.unwrap_or(' '))
}

fn integer(spec: &Spec, number: Num) -> String {
    let text = number.into_value().to_string();
    let (negative, plain) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.to_owned()),
        None => (false, text),
    };
    let wide: u128 = plain.parse().unwrap_or_default();
    let (prefix, mut digits) = match spec.letter {
        Some('x') => ("0x", format!("{wide:x}")),
        Some('X') => ("0X", format!("{wide:X}")),
        Some('o') => ("0o", format!("{wide:o}")),
        Some('b') => ("0b", format!("{wide:b}")),
        _ => ("", plain),
    };
    if let Some(least) = spec.precision {
        digits = pad(&digits, least, '>', '0');
    }
    let digits = grouped(&digits, spec.group);
    numeric(spec, negative, if spec.alternate { prefix } else { "" }, &digits)
}

fn grouped(digits: &str, group: Option<char>) -> String {
    let Some(separator) = group else { return digits.to_owned() };
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out + rest
}

fn float(spec: &Spec, number: f64) -> String {
    let letter = spec.letter.unwrap_or('f');
    let (magnitude, negative) = (number.abs(), number.is_sign_negative() && !number.is_nan());
    let precision = spec.precision.unwrap_or(6);
    let mut digits = if !magnitude.is_finite() {
        float_repr(magnitude)
    } else {
        match letter.to_ascii_lowercase() {
            'e' => exponent(magnitude, precision),
            'g' => general(magnitude, precision.max(1), spec.alternate),
            '%' => format!("{:.*}%", precision, magnitude * 100.0),
            _ => format!("{magnitude:.precision$}"),
        }
    };
    if letter.is_ascii_uppercase() {
        digits = digits.to_uppercase();
    }
    numeric(spec, negative, "", &grouped(&digits, spec.group))
}

fn exponent(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
    format!("{digits}e{sign}{exponent:0>2}")
}

fn general(number: f64, precision: usize, keep_zeros: bool) -> String {
    let scientific = exponent(number, precision - 1);
    let power: i32 = scientific.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    let strip = |text: &str| {
        if keep_zeros || !text.contains('.') {
            text.to_owned()
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if power < -4 || power >= precision as i32 {
        let (digits, tail) = scientific.split_once('e').unwrap_or((&scientific, "+00"));
        return format!("{}e{tail}", strip(digits));
    }
    strip(&format!("{:.*}", (precision as i32 - 1 - power).max(0) as usize, number))
}

/// Python's `text.format(...)`.
///
/// # Errors
/// A field names no argument, or a value does not take its format.
pub(crate) fn str_format(text: &str, args: &CallArgs) -> Result<Value, MjError> {
    let mut auto = 0;
    format_with(text, args, &mut auto).map(Value::from)
}

fn format_with(text: &str, args: &CallArgs, auto: &mut usize) -> Result<String, MjError> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        if tail.starts_with("{{") || tail.starts_with("}}") {
            out.push_str(&tail[..1]);
            rest = &tail[2..];
            continue;
        }
        if tail.starts_with('}') {
            return Err(PyError::value_error("Single '}' encountered in format string"));
        }
        let end = closing(tail).ok_or_else(|| PyError::value_error("Single '{' encountered in format string"))?;
        out.push_str(&format_field(&tail[1..end], args, auto)?);
        rest = &tail[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

fn format_field(field: &str, args: &CallArgs, auto: &mut usize) -> Result<String, MjError> {
    let (head, spec) = field.split_once(':').unwrap_or((field, ""));
    let (path, conversion) = head.split_once('!').unwrap_or((head, ""));
    let name_end = path.find(['.', '[']).unwrap_or(path.len());
    let name = &path[..name_end];
    let index = if name.is_empty() {
        *auto += 1;
        Some(*auto - 1)
    } else {
        name.parse::<usize>().ok()
    };
    let value = match index {
        Some(index) => args.pos.get(index).cloned().ok_or_else(|| {
            PyError::value_error(format!("Replacement index {index} out of range for positional args tuple"))
        })?,
        None => args
            .named
            .iter()
            .find(|(key, _)| **key == *name)
            .map(|(_, value)| value.clone())
            .ok_or_else(|| PyError::value_error(format!("'{name}'")))?,
    };
    let value = follow(value, &path[name_end..])?;
    let spec = format_with(spec, args, auto)?;
    match conversion {
        "r" => format_value(&Value::from(py_repr(&value)), &spec),
        "s" => format_value(&Value::from(py_str(&value)), &spec),
        _ => format_value(&value, &spec),
    }
}

fn follow(mut value: Value, path: &str) -> Result<Value, MjError> {
    for part in path.split(['.', '[']).filter(|part| !part.is_empty()) {
        let key = part.trim_end_matches(']');
        value = match key.parse::<i64>() {
            Ok(index) if part.ends_with(']') => value.get_item(&Value::from(index))?,
            _ => value.get_item(&Value::from(key))?,
        };
    }
    Ok(value)
}

/// Python's `format(value, spec)`.
///
/// # Errors
/// The value's type does not take this format.
pub(crate) fn format_value(value: &Value, text: &str) -> Result<String, MjError> {
    if text.is_empty() {
        return Ok(py_str(value));
    }
    if super::dates::type_name(value).is_some() {
        return super::dates::format_spec(value, text);
    }
    let spec = format_spec(text)?;
    match (Num::of(value), spec.letter) {
        (Some(number), Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) => Ok(float(&spec, number.as_f64())),
        (Some(Num::Float(number)), None) => Ok(match spec.precision {
            Some(_) => float(&Spec { letter: Some('g'), ..spec }, number),
            None => numeric(&spec, number < 0.0, "", &grouped(&float_repr(number.abs()), spec.group)),
        }),
        (Some(number @ (Num::Int(_) | Num::Big(_))), Some('d' | 'x' | 'X' | 'o' | 'b' | 'n') | None) => {
            Ok(integer(&spec, number))
        }
        (None, Some('s') | None) => {
            let text = py_str(value);
            let text = spec.precision.map_or(text.clone(), |most| text.chars().take(most).collect());
            let fill = spec.fill.unwrap_or(if spec.zero { '0' } else { ' ' });
            Ok(pad(&text, spec.width, spec.align.unwrap_or('<'), fill))
        }
        (_, letter) => {
            let letter = letter.unwrap_or('s');
            let kind = type_name(value);
            Err(PyError::value_error(format!("Unknown format code '{letter}' for object of type '{kind}'")))
        }
    }
}

fn format_spec(text: &str) -> Result<Spec, MjError> {
    let mut spec = Spec::default();
    let mut chars = text.chars().peekable();
    let second = text.chars().nth(1);
    if second.is_some_and(|c| "<>=^".contains(c)) {
        spec.fill = chars.next();
        spec.align = chars.next();
    } else {
        spec.align = chars.next_if(|c| "<>=^".contains(*c));
    }
    spec.sign = chars.next_if(|c| "+- ".contains(*c));
    spec.alternate = chars.next_if_eq(&'#').is_some();
    spec.zero = chars.next_if_eq(&'0').is_some() && spec.align.is_none();
    spec.width = digits(&mut chars);
    spec.group = chars.next_if(|c| ",_".contains(*c));
    if chars.next_if_eq(&'.').is_some() {
        spec.precision = Some(digits(&mut chars));
    }
    spec.letter = chars.next();
    match chars.next() {
        None => Ok(spec),
        Some(_) => Err(PyError::value_error("Invalid format specifier")),
    }
}
