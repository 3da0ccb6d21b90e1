//! Decides which type a scalar without quotes has from its looks alone, by the rules of
//! YAML 1.1 as PyYAML applies them (`yes` is a truth value, `1e3` is text, `017` is octal).

/// The types a node can be constructed as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tag {
    Null,
    Bool,
    Int,
    Float,
    Timestamp,
    Str,
    Binary,
    Merge,
    Value,
    Seq,
    Map,
    Set,
    Omap,
    Pairs,
    /// A lone `!`: the node is typed as if it were plain and untagged.
    Unspecific,
    Other(String),
}

/// Every tag of the YAML type repository starts so; `!!` is short for it.
pub(super) const STANDARD_PREFIX: &str = "tag:yaml.org,2002:";

impl Tag {
    /// The type a full tag such as `tag:yaml.org,2002:int` stands for.
    pub(super) fn named(tag: &str) -> Tag {
        if tag == "!" {
            return Tag::Unspecific;
        }
        match tag.strip_prefix(STANDARD_PREFIX) {
            Some("null") => Tag::Null,
            Some("bool") => Tag::Bool,
            Some("int") => Tag::Int,
            Some("float") => Tag::Float,
            Some("timestamp") => Tag::Timestamp,
            Some("str") => Tag::Str,
            Some("binary") => Tag::Binary,
            Some("merge") => Tag::Merge,
            Some("value") => Tag::Value,
            Some("seq") => Tag::Seq,
            Some("map") => Tag::Map,
            Some("set") => Tag::Set,
            Some("omap") => Tag::Omap,
            Some("pairs") => Tag::Pairs,
            _ => Tag::Other(tag.to_owned()),
        }
    }
}

/// The type of an unquoted, untagged scalar.
pub(super) fn resolve_plain(text: &str) -> Tag {
    let bytes = text.as_bytes();
    let Some(&first) = bytes.first() else {
        return Tag::Null;
    };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => resolve_word(text),
        b'0'..=b'9' | b'+' | b'-' | b'.' => resolve_number(bytes),
        b'~' if bytes.len() == 1 => Tag::Null,
        b'<' if text == "<<" => Tag::Merge,
        b'=' if bytes.len() == 1 => Tag::Value,
        _ => Tag::Str,
    }
}

fn resolve_word(text: &str) -> Tag {
    match text {
        "yes" | "Yes" | "YES" | "no" | "No" | "NO" | "true" | "True" | "TRUE" | "false" | "False" | "FALSE" | "on"
        | "On" | "ON" | "off" | "Off" | "OFF" => Tag::Bool,
        "null" | "Null" | "NULL" => Tag::Null,
        _ => Tag::Str,
    }
}

fn resolve_number(bytes: &[u8]) -> Tag {
    if is_float(bytes) {
        Tag::Float
    } else if is_int(bytes) {
        Tag::Int
    } else if is_timestamp(bytes) {
        Tag::Timestamp
    } else {
        Tag::Str
    }
}

fn unsigned(bytes: &[u8]) -> &[u8] {
    match bytes {
        [b'+' | b'-', rest @ ..] => rest,
        _ => bytes,
    }
}

fn all(bytes: &[u8], accept: impl Fn(u8) -> bool) -> bool {
    bytes.iter().all(|&byte| accept(byte))
}

fn digit_or_underscore(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

fn is_int(bytes: &[u8]) -> bool {
    match unsigned(bytes) {
        [] => false,
        [b'0'] => true,
        [b'0', b'b', rest @ ..] => !rest.is_empty() && all(rest, |b| matches!(b, b'0' | b'1' | b'_')),
        [b'0', b'x', rest @ ..] => !rest.is_empty() && all(rest, |b| b.is_ascii_hexdigit() || b == b'_'),
        [b'0', rest @ ..] => all(rest, |b| matches!(b, b'0'..=b'7' | b'_')),
        number @ [b'1'..=b'9', ..] => is_sexagesimal(number),
        _ => false,
    }
}

/// Digits with underscores, then any number of `:` parts below sixty.
fn is_sexagesimal(bytes: &[u8]) -> bool {
    let mut parts = bytes.split(|&byte| byte == b':');
    let Some(head) = parts.next() else {
        return false;
    };
    head.first().is_some_and(u8::is_ascii_digit)
        && all(head, digit_or_underscore)
        && parts.all(|part| matches!(part, [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']))
}

fn is_float(bytes: &[u8]) -> bool {
    if matches!(bytes, b".nan" | b".NaN" | b".NAN") {
        return true;
    }
    let number = unsigned(bytes);
    if matches!(number, b".inf" | b".Inf" | b".INF") {
        return true;
    }
    let Some(point) = number.iter().position(|&byte| byte == b'.') else {
        return false;
    };
    let (whole, fraction) = (&number[..point], &number[point + 1..]);
    if whole.is_empty() {
        // A number that starts with the point may not carry a sign.
        return number.len() == bytes.len()
            && fraction.first().is_some_and(u8::is_ascii_digit)
            && is_fraction(fraction);
    }
    if whole.contains(&b':') {
        return is_sexagesimal(whole) && all(fraction, digit_or_underscore);
    }
    whole.first().is_some_and(u8::is_ascii_digit) && all(whole, digit_or_underscore) && is_fraction(fraction)
}

/// Digits with underscores, then perhaps an exponent, whose sign is mandatory.
fn is_fraction(bytes: &[u8]) -> bool {
    match bytes.iter().position(|&byte| matches!(byte, b'e' | b'E')) {
        None => all(bytes, digit_or_underscore),
        Some(at) => {
            all(&bytes[..at], digit_or_underscore)
                && matches!(&bytes[at + 1..], [b'+' | b'-', digits @ ..]
                    if !digits.is_empty() && all(digits, |b| b.is_ascii_digit()))
        }
    }
}

/// The strict shape a plain scalar must have to be taken for a date or time.
fn is_timestamp(bytes: &[u8]) -> bool {
    let Some(parts) = super::timestamp::split(bytes) else {
        return false;
    };
    parts.time.is_some() || (parts.month.len() == 2 && parts.day.len() == 2)
}
