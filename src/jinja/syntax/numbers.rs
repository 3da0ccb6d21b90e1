//! Number literals, as Jinja2's lexer reads them.

/// The length of the float at the start of `text`, if there is one.
pub(crate) fn float_len(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let whole = digits_len(bytes)?;
    let mut end = whole;
    let mut fraction = false;
    if bytes.get(end) == Some(&b'.')
        && let Some(len) = digits_len(&bytes[end + 1..])
    {
        end += 1 + len;
        fraction = true;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if let Some(len) = digits_len(&bytes[end + 1 + sign..]) {
            return Some(end + 1 + sign + len);
        }
    }
    fraction.then_some(end)
}

/// `(\d+_)*\d+`
fn digits_len(bytes: &[u8]) -> Option<usize> {
    let mut end = 0;
    let mut last_digit = None;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'0'..=b'9' => last_digit = Some(end + 1),
            b'_' if last_digit == Some(end) => {}
            _ => break,
        }
        end += 1;
    }
    last_digit
}

/// The integer at the start of `text`: its length, and its value in decimal digits.
pub(crate) fn integer(text: &str) -> Option<(usize, String)> {
    let bytes = text.as_bytes();
    let radix = match bytes {
        [b'0', b'b' | b'B', ..] => 2,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'x' | b'X', ..] => 16,
        _ => 10,
    };
    if radix != 10 {
        let len = grouped_len(&bytes[2..], |byte| char::from(byte).is_digit(radix));
        if len > 0 {
            let digits = text[2..2 + len].replace('_', "");
            let value = num_bigint::BigUint::parse_bytes(digits.as_bytes(), radix)?;
            return Some((2 + len, value.to_string()));
        }
    }
    match bytes.first()? {
        b'0' => Some((grouped_len(bytes, |byte| byte == b'0'), "0".to_owned())),
        b'1'..=b'9' => {
            let len = grouped_len(bytes, |byte| byte.is_ascii_digit());
            Some((len, text[..len].replace('_', "")))
        }
        _ => None,
    }
}

/// Digits with single underscores before any of them but none at the end.
fn grouped_len(bytes: &[u8], is_digit: impl Fn(u8) -> bool) -> usize {
    let mut end = 0;
    loop {
        let at = if bytes.get(end) == Some(&b'_') { end + 1 } else { end };
        match bytes.get(at) {
            Some(&byte) if is_digit(byte) => end = at + 1,
            _ => return end,
        }
    }
}
