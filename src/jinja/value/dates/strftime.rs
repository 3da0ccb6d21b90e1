//! `strftime`: C's formats, as Python hands them to the C library.

use std::fmt::Write;

use super::datetime::DateTime;
use super::zone::Zone;

/// A moment in a format; what is no directive stays as it is.
pub(super) fn strftime(moment: &DateTime, format: &str) -> String {
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut directive = String::from('%');
        let mut letter = chars.next();
        while let Some(flag) = letter.filter(|c| matches!(c, '-' | '_' | '0' | '^' | '#')) {
            directive.push(flag);
            letter = chars.next();
        }
        directive.extend(letter);
        push_directive(&mut out, moment, &directive, letter);
    }
    out
}

fn push_directive(out: &mut String, moment: &DateTime, directive: &str, letter: Option<char>) {
    let known = "aAbBcCdDeFgGhHIjklmMnprRsStTuUVwWxXyY%";
    let written = match letter {
        Some('f') => write!(out, "{}", moment.local.format("%6f")),
        Some('z') => write!(out, "{}", moment.offset_text("")),
        Some('Z') => match &moment.zone {
            Some(Zone::Minutes(_)) | None => Ok(()),
            Some(zone) => write!(out, "{}", zone.period().name),
        },
        Some('s') => write!(out, "{}", moment.utc().and_utc().timestamp()),
        Some('c') => write!(out, "{}", moment.local.format("%a %b %e %H:%M:%S %Y")),
        Some('p') => write!(out, "{}", moment.local.format("%p")),
        Some('P') => write!(out, "{}", moment.local.format("%P")),
        Some(letter) if known.contains(letter) => write!(out, "{}", moment.local.format(directive)),
        _ => write!(out, "{directive}"),
    };
    if written.is_err() {
        out.push_str(directive);
    }
}
