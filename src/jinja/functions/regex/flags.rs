//! The flags of `re`: integers that print their names.

use minijinja::Value;

use super::super::super::value::NamedInt;

pub(super) const IGNORECASE: i64 = 2;
pub(super) const MULTILINE: i64 = 8;
pub(super) const DOTALL: i64 = 16;
pub(super) const UNICODE: i64 = 32;
pub(super) const VERBOSE: i64 = 64;
pub(super) const ASCII: i64 = 256;

/// Long name, letter of the module, and value, in the order in which a pattern prints them.
const FLAGS: [(&str, &str, i64); 9] = [
    ("TEMPLATE", "T", 1),
    ("IGNORECASE", "I", IGNORECASE),
    ("LOCALE", "L", 4),
    ("MULTILINE", "M", MULTILINE),
    ("DOTALL", "S", DOTALL),
    ("UNICODE", "U", UNICODE),
    ("VERBOSE", "X", VERBOSE),
    ("DEBUG", "", 128),
    ("ASCII", "A", ASCII),
];

/// The flag of a name of the module.
pub(super) fn named(name: &str) -> Option<Value> {
    let flag = |name: &'static str, value: i64| NamedInt::value("re", "RegexFlag", name, value);
    if name == "NOFLAG" {
        return Some(flag("NOFLAG", 0));
    }
    let exported = |flag: &&(&'static str, &str, i64)| !matches!(flag.0, "TEMPLATE" | "DEBUG");
    let found = FLAGS.iter().filter(exported).find(|(long, short, _)| name == *long || name == *short);
    found.map(|(long, _, value)| flag(long, *value))
}

/// The flag that a letter of `(?i)` sets.
pub(super) fn letter_flag(letter: char) -> Option<i64> {
    match letter {
        'a' => Some(ASCII),
        'i' => Some(IGNORECASE),
        'L' => Some(4),
        'm' => Some(MULTILINE),
        's' => Some(DOTALL),
        'u' => Some(UNICODE),
        'x' => Some(VERBOSE),
        _ => None,
    }
}

/// `re.IGNORECASE|re.MULTILINE`; the flag that every pattern of text has is not named.
pub(super) fn shown(flags: i64) -> String {
    let set = FLAGS.iter().filter(|(_, _, value)| *value != UNICODE && flags & value != 0);
    set.map(|(long, ..)| format!("re.{long}")).collect::<Vec<_>>().join("|")
}
