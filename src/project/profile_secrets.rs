//! What a profile holds that nobody must read in a log or an artifact: passwords, tokens and keys. dbt hides only what comes
//! from `DBT_ENV_SECRET_*`; here it makes no difference how a secret came into the profile.

use std::sync::LazyLock;

use fancy_regex::Regex;

use crate::yaml::{Map, Value};

/// Parts of the names of keys whose values are secrets.
const NAMES: [&str; 10] = [
    "password",
    "passwd",
    "token",
    "secret",
    "api_key",
    "access_key",
    "account_key",
    "private_key",
    "encryption_key",
    "connection_string",
];
/// The id of a key is half of a credential; other keys may end like that, too.
const KEY_ID: &str = "key_id";
/// Shorter values are placeholders, and hiding them would make logs unreadable.
const SHORTEST: usize = 4;

/// Secrets within addresses: `://user:SECRET@`, `motherduck_token=SECRET`, `password=SECRET`.
static WITHIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)://[^/:@\s]*:([^/@\s]+)@|(?:token|password|passwd|secret|_key)=([^&;\s'\x22]+)").ok()
});

/// The secrets of one output of a profile, after rendering.
pub fn profile_secrets(output: &Map) -> Vec<String> {
    let mut found = Vec::new();
    collect(output, "", &mut found);
    found.retain(|secret| secret.len() >= SHORTEST);
    found
}

fn collect(map: &Map, section: &str, found: &mut Vec<String>) {
    for (key, node) in map.str_entries() {
        let name = key.to_ascii_lowercase();
        // An attached database names one of the `secrets`.
        let names_one = section == "attach" && name == "secret";
        let hidden = !names_one && (name == KEY_ID || NAMES.iter().any(|part| name.contains(part)));
        collect_value(&node.value, key, hidden, found);
    }
}

fn collect_value(value: &Value, section: &str, hidden: bool, found: &mut Vec<String>) {
    match value {
        Value::Str(text) if hidden => found.push(text.clone()),
        // Most texts need no look at the pattern, which takes a millisecond to make.
        Value::Str(text) if text.contains(['=', '@']) => {
            let matches = WITHIN.iter().flat_map(|pattern| pattern.captures_iter(text)).flatten();
            found.extend(matches.filter_map(|hit| Some(hit.get(1).or(hit.get(2))?.as_str().to_owned())));
        }
        Value::Map(map) => collect(map, section, found),
        Value::Seq(items) => items.iter().for_each(|item| collect_value(&item.value, section, hidden, found)),
        _ => {}
    }
}
