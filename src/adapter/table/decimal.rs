//! Exact decimal numbers with Python's text form. Result tables hold every number that is not an integer this way, as
//! dbt's do, so that `1.50` stays `1.50` in the SQL it ends up in.

use std::cmp::Ordering;
use std::fmt;

/// A decimal number: Python's `decimal.Decimal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decimal {
    /// `digits * 10^exponent`, with a sign.
    Finite {
        /// Below zero, or minus zero.
        negative: bool,
        /// The digits as a whole number.
        digits: u128,
        /// Power of ten.
        exponent: i32,
    },
    /// Plus or minus infinity.
    Infinite {
        /// Minus.
        negative: bool,
    },
    /// Not a number.
    Nan,
}

impl Decimal {
    /// The number of a fixed-point value: `scaled / 10^scale`.
    pub fn from_scaled(scaled: i128, scale: i32) -> Self {
        Decimal::Finite { negative: scaled < 0, digits: scaled.unsigned_abs(), exponent: -scale }
    }

    /// The number that Python's `Decimal(repr(value))` gives.
    pub fn from_f64(value: f64) -> Self {
        if value.is_nan() {
            return Decimal::Nan;
        }
        if value.is_infinite() {
            return Decimal::Infinite { negative: value < 0.0 };
        }
        Decimal::parse(&crate::jinja::value::float_repr(value)).unwrap_or(Decimal::Nan)
    }

    /// Reads what Python's `Decimal(text)` reads: digits with underscores, a fraction, an exponent, `inf`, `nan`.
    pub fn parse(text: &str) -> Option<Self> {
        let bare = text.trim().replace('_', "");
        let (negative, unsigned) = match bare.as_bytes().first()? {
            b'-' => (true, &bare[1..]),
            b'+' => (false, &bare[1..]),
            _ => (false, bare.as_str()),
        };
        let lower = unsigned.to_ascii_lowercase();
        if lower == "inf" || lower == "infinity" {
            return Some(Decimal::Infinite { negative });
        }
        if let Some(payload) = lower.strip_prefix("snan").or_else(|| lower.strip_prefix("nan")) {
            return payload.bytes().all(|byte| byte.is_ascii_digit()).then_some(Decimal::Nan);
        }
        Decimal::parse_finite(negative, &lower)
    }

    fn parse_finite(negative: bool, text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once('e') {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let all: String = whole.chars().chain(fraction.chars()).collect();
        let all = all.trim_start_matches('0');
        let places = i32::try_from(fraction.len()).ok()?;
        // More digits than 128 bits hold are cut: only the size of such a number matters to anyone.
        let kept = &all[..all.len().min(38)];
        let cut = i32::try_from(all.len() - kept.len()).ok()?;
        let digits = if kept.is_empty() { 0 } else { kept.parse().ok()? };
        Some(Decimal::Finite { negative, digits, exponent: exponent.checked_sub(places)?.checked_add(cut)? })
    }

    /// The nearest floating-point number.
    pub fn to_f64(self) -> f64 {
        match self {
            Decimal::Nan => f64::NAN,
            Decimal::Infinite { negative: false } => f64::INFINITY,
            Decimal::Infinite { negative: true } => f64::NEG_INFINITY,
            Decimal::Finite { negative, digits, exponent } => {
                let sign = if negative { "-" } else { "" };
                format!("{sign}{digits}e{exponent}").parse().unwrap_or(f64::NAN)
            }
        }
    }

    /// The whole number, if it is one that fits.
    pub fn to_i128(self) -> Option<i128> {
        let Decimal::Finite { negative, digits, exponent } = self.normalized() else { return None };
        let factor = 10u128.checked_pow(u32::try_from(exponent).ok()?)?;
        let value = i128::try_from(digits.checked_mul(factor)?).ok()?;
        Some(if negative { -value } else { value })
    }

    /// The same number without trailing zeros.
    pub fn normalized(self) -> Self {
        let Decimal::Finite { negative, mut digits, mut exponent } = self else { return self };
        if digits == 0 {
            return Decimal::Finite { negative, digits, exponent: 0 };
        }
        // Dividing 128 bits is many times slower than dividing 64, which hold nearly every number.
        if let Ok(mut small) = u64::try_from(digits) {
            while small % 10 == 0 {
                small /= 10;
                exponent += 1;
            }
            return Decimal::Finite { negative, digits: small.into(), exponent };
        }
        while digits % 10 == 0 {
            digits /= 10;
            exponent += 1;
        }
        Decimal::Finite { negative, digits, exponent }
    }

    /// How many digits stand before and behind the point, trailing zeros not counted; none for what is not finite.
    pub fn places(self) -> Option<(i32, i32)> {
        let Decimal::Finite { digits, exponent, .. } = self.normalized() else { return None };
        let length = digits.checked_ilog10().and_then(|power| i32::try_from(power).ok()).map_or(1, |power| power + 1);
        Some((length + exponent, -exponent))
    }

    /// The number with `places` digits behind the point, rounded half to even, and commas between thousands.
    pub fn grouped(self, places: usize) -> String {
        let Decimal::Finite { negative, digits, exponent } = self else { return self.to_string() };
        let scaled = rescale(digits, exponent, i32::try_from(places).unwrap_or(i32::MAX));
        let text = format!("{scaled:0>width$}", width = places + 1);
        let (whole, fraction) = text.split_at(text.len() - places);
        let mut out = String::new();
        if negative {
            out.push('-');
        }
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        if places > 0 {
            out.push('.');
            out.push_str(fraction);
        }
        out
    }
}

/// `digits * 10^exponent` as a count of `10^-places`, rounded half to even.
fn rescale(digits: u128, exponent: i32, places: i32) -> String {
    let shift = exponent.saturating_add(places);
    if shift >= 0 {
        let zeros = if digits == 0 { 0 } else { usize::try_from(shift).unwrap_or(0) };
        return format!("{digits}{}", "0".repeat(zeros));
    }
    let Some(divisor) = u32::try_from(-shift).ok().and_then(|power| 10u128.checked_pow(power)) else {
        return "0".to_owned();
    };
    let (quotient, rest) = (digits / divisor, digits % divisor);
    let up = match rest.cmp(&(divisor - rest)) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => quotient % 2 == 1,
    };
    (quotient + u128::from(up)).to_string()
}

impl fmt::Display for Decimal {
    /// Python's `str()`: plain digits unless the exponent is positive or the number is below a millionth.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (negative, digits, exponent) = match *self {
            Decimal::Nan => return f.write_str("NaN"),
            Decimal::Infinite { negative } => return f.write_str(if negative { "-Infinity" } else { "Infinity" }),
            Decimal::Finite { negative, digits, exponent } => (negative, digits.to_string(), exponent),
        };
        if negative {
            f.write_str("-")?;
        }
        let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
        let left = exponent.saturating_add(length);
        if exponent > 0 || left <= -6 {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            return write!(f, "{first}{point}{rest}E{:+}", left - 1);
        }
        if exponent == 0 {
            return f.write_str(&digits);
        }
        match usize::try_from(left) {
            Ok(left) if left > 0 => write!(f, "{}.{}", &digits[..left], &digits[left..]),
            _ => write!(f, "0.{}{digits}", "0".repeat(usize::try_from(-left).unwrap_or(0))),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn prints_like_python() {
        let cases = [
            (1.5, "1.5"),
            (1.0, "1.0"),
            (1e20, "1E+20"),
            (1e-7, "1E-7"),
            (1.5e-5, "0.000015"),
            (-0.0, "-0.0"),
            (1e16, "1E+16"),
            (12345678.9, "12345678.9"),
            (f64::INFINITY, "Infinity"),
        ];
        for (value, text) in cases {
            assert_eq!(Decimal::from_f64(value).to_string(), text);
        }
        assert_eq!(Decimal::from_scaled(10000, 2).to_string(), "100.00");
        assert_eq!(Decimal::from_scaled(1, 5).to_string(), "0.00001");
        assert_eq!(Decimal::from_scaled(1, 7).to_string(), "1E-7");
        assert_eq!(Decimal::from_scaled(-5, 0).to_string(), "-5");
    }

    #[test]
    fn reads_what_python_reads() {
        for text in ["1", "+1.5", ".5", "5.", "1e5", "1_000", "NaN", "-Infinity"] {
            assert!(Decimal::parse(text).is_some(), "{text}");
        }
        for text in ["", ".", "1-2", "e5", "0x1", "1.2.3", "12:30"] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn groups_and_rounds_half_to_even() {
        assert_eq!(Decimal::from_f64(1234567.8915).grouped(3), "1,234,567.892");
        assert_eq!(Decimal::from_f64(0.5).grouped(0), "0");
        assert_eq!(Decimal::from_f64(-1.5).grouped(0), "-2");
        assert_eq!(Decimal::from_scaled(0, 0).grouped(2), "0.00");
    }
}
