//! String literals: Python's escapes.

use std::borrow::Cow;

/// Resolves the escapes of a literal's inside.
///
/// # Errors
/// An escape is cut short or stands for no character; the message is Python's.
pub(crate) fn unescape(text: &str) -> Result<Cow<'_, str>, String> {
    if !text.contains('\\') {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let Some(escape) = chars.next() else {
            return Err("\\ at end of string".to_owned());
        };
        if let Some(simple) = simple_escape(escape) {
            out.push(simple);
            continue;
        }
        match escape {
            '\n' => {}
            'x' => out.push(hex(&mut chars, 2, "truncated \\xXX escape")?),
            'u' => out.push(hex(&mut chars, 4, "truncated \\uXXXX escape")?),
            'U' => out.push(hex(&mut chars, 8, "truncated \\UXXXXXXXX escape")?),
            'N' => return Err("malformed \\N character escape".to_owned()),
            '0'..='7' => {
                let mut code = escape.to_digit(8).unwrap_or_default();
                for _ in 0..2 {
                    let Some(digit) = chars.peek().and_then(|c| c.to_digit(8)) else { break };
                    code = code * 8 + digit;
                    chars.next();
                }
                out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
            other => {
                out.push('\\');
                out.push(other);
            }
        }
    }
    Ok(Cow::Owned(out))
}

fn simple_escape(c: char) -> Option<char> {
    Some(match c {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '\\' => '\\',
        '\'' => '\'',
        '"' => '"',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'v' => '\u{b}',
        _ => return None,
    })
}

fn hex(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, digits: u32, short: &str) -> Result<char, String> {
    let mut code = 0u32;
    for _ in 0..digits {
        let digit = chars.peek().and_then(|c| c.to_digit(16)).ok_or_else(|| short.to_owned())?;
        code = code.wrapping_mul(16).wrapping_add(digit);
        chars.next();
    }
    if (0xd800..0xe000).contains(&code) {
        return Ok('\u{fffd}');
    }
    char::from_u32(code).ok_or_else(|| "illegal Unicode character".to_owned())
}

/// Writes a string as a literal of minijinja, on one line.
pub(crate) fn push_literal(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
}
