//! Turns the text of a scalar into the value its type asks for, as PyYAML's constructors do.

use super::error::{Outcome, Problem};
use super::json::python_repr;
use super::value::Value;

/// The truth value of `yes`, `Off` and the like, whatever their case.
pub(super) fn construct_bool(text: &str) -> Outcome<Value> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "on" => Ok(Value::Bool(true)),
        "no" | "false" | "off" => Ok(Value::Bool(false)),
        other => Err(Problem::placeless(python_repr(other))),
    }
}

/// An integer in any of the five notations of YAML 1.1.
pub(super) fn construct_int(text: &str) -> Outcome<Value> {
    let stripped = text.replace('_', "");
    let (negative, digits) = match stripped.as_bytes().first() {
        None => return Err(Problem::placeless("string index out of range")),
        Some(b'-') => (true, &stripped[1..]),
        Some(b'+') => (false, &stripped[1..]),
        Some(_) => (false, stripped.as_str()),
    };
    if digits.is_empty() {
        return Err(Problem::placeless("string index out of range"));
    }
    let magnitude = if let Some(binary) = digits.strip_prefix("0b") {
        Magnitude::parse(binary, 2)?
    } else if let Some(hex) = digits.strip_prefix("0x") {
        Magnitude::parse(hex, 16)?
    } else if digits.starts_with('0') {
        Magnitude::parse(digits, 8)?
    } else if digits.contains(':') {
        let mut total = Magnitude::default();
        for part in digits.split(':') {
            total.multiply_add(60, 0);
            total.add(&Magnitude::parse(part, 10)?);
        }
        total
    } else {
        Magnitude::parse(digits, 10)?
    };
    Ok(magnitude.into_value(negative))
}

/// A non-negative integer of any size, in limbs of nine decimal digits, lowest first.
#[derive(Debug, Default)]
struct Magnitude(Vec<u32>);

/// One more than the largest limb.
const LIMB: u64 = 1_000_000_000;

impl Magnitude {
    fn parse(text: &str, base: u32) -> Outcome<Magnitude> {
        let digits = text.trim();
        let digits = match base {
            8 => digits.strip_prefix("0o").unwrap_or(digits),
            _ => digits,
        };
        let mut magnitude = Magnitude::default();
        for character in digits.chars() {
            let Some(digit) = character.to_digit(base) else {
                return Err(Self::refusal(text, base));
            };
            magnitude.multiply_add(base, digit);
        }
        if digits.is_empty() {
            return Err(Self::refusal(text, base));
        }
        Ok(magnitude)
    }

    fn refusal(text: &str, base: u32) -> Box<Problem> {
        Problem::placeless(format!("invalid literal for int() with base {base}: {}", python_repr(text)))
    }

    fn multiply_add(&mut self, factor: u32, addend: u32) {
        let mut carry = u64::from(addend);
        for limb in &mut self.0 {
            let product = u64::from(*limb) * u64::from(factor) + carry;
            *limb = (product % LIMB) as u32;
            carry = product / LIMB;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn add(&mut self, other: &Magnitude) {
        let mut carry = 0;
        for position in 0..other.0.len().max(self.0.len()) {
            if position == self.0.len() {
                self.0.push(0);
            }
            let theirs = other.0.get(position).copied().unwrap_or(0);
            let sum = u64::from(self.0[position]) + u64::from(theirs) + carry;
            self.0[position] = (sum % LIMB) as u32;
            carry = sum / LIMB;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn into_value(self, negative: bool) -> Value {
        let mut digits = String::new();
        if negative {
            digits.push('-');
        }
        let mut limbs = self.0.iter().rev().skip_while(|limb| **limb == 0);
        match limbs.next() {
            None => return Value::Int(0),
            Some(top) => digits.push_str(&top.to_string()),
        }
        for limb in limbs {
            digits.push_str(&format!("{limb:09}"));
        }
        digits.parse().map_or_else(|_| Value::BigInt(digits), Value::Int)
    }
}

/// A floating-point number, sexagesimal notation included.
pub(super) fn construct_float(text: &str) -> Outcome<Value> {
    let stripped = text.replace('_', "").to_lowercase();
    let (sign, digits) = match stripped.as_bytes().first() {
        None => return Err(Problem::placeless("string index out of range")),
        Some(b'-') => (-1.0, &stripped[1..]),
        Some(b'+') => (1.0, &stripped[1..]),
        Some(_) => (1.0, stripped.as_str()),
    };
    let number = match digits {
        ".inf" => f64::INFINITY,
        ".nan" => return Ok(Value::Float(f64::NAN)),
        _ if digits.contains(':') => {
            let parts = digits.split(':').map(python_float).collect::<Outcome<Vec<f64>>>()?;
            let scales = std::iter::successors(Some(1.0), |base| Some(base * 60.0));
            // Python adds the smallest part first, which decides how the sum is rounded.
            parts.iter().rev().zip(scales).map(|(part, scale)| part * scale).fold(0.0, |total, part| total + part)
        }
        _ => python_float(digits)?,
    };
    Ok(Value::Float(sign * number))
}

fn python_float(text: &str) -> Outcome<f64> {
    text.trim()
        .parse()
        .map_err(|_| Problem::placeless(format!("could not convert string to float: {}", python_repr(text))))
}

/// Decodes base64 as leniently as Python: characters outside the alphabet are skipped.
pub(super) fn decode_base64(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held, mut count) = (0u32, 0u32, 0usize);
    let mut padding = 0;
    for byte in text.bytes() {
        let sextet = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                if held >= 2 && held + padding >= 4 {
                    return Ok(bytes);
                }
                continue;
            }
            _ => continue,
        };
        padding = 0;
        count += 1;
        bits = (bits << 6) | u32::from(sextet);
        held += 1;
        if held > 1 {
            bytes.push((bits >> (8 - 2 * held)) as u8);
        }
        held %= 4;
    }
    match held {
        0 => Ok(bytes),
        1 => Err(format!(
            "Invalid base64-encoded string: number of data characters ({count}) cannot be 1 more than a multiple of 4"
        )),
        _ => Err("Incorrect padding".to_owned()),
    }
}

/// Encodes bytes in lines of 76 characters, each ended by a line break, as Python does.
pub(super) fn encode_base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for line in bytes.chunks(57) {
        for triple in line.chunks(3) {
            let bits =
                triple.iter().chain([0, 0].iter()).take(3).fold(0u32, |bits, &byte| (bits << 8) | u32::from(byte));
            for position in 0..4 {
                if position <= triple.len() {
                    let sextet = (bits >> (18 - 6 * position)) & 63;
                    text.push(char::from(ALPHABET[sextet as usize]));
                } else {
                    text.push('=');
                }
            }
        }
        text.push('\n');
    }
    text
}
