//! `urlize`: web and mail addresses in a text become links.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use fancy_regex::Regex;
use minijinja::value::Value;

use super::super::value::{CallArgs, index_arg, iterate, py_str};
use super::Ran;
use super::html::escape;

/// What counts as a web address: one with a scheme or `www.`, one under a common domain, or an IP address.
static WEB: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^(
            (https?://|www\.) (([\w%-]+\.)+)? ([a-z]{2,63} | xn--[\w%]{2,59})
          | ([\w%-]{2,63}\.)+ (com|net|int|edu|gov|org|info|mil)
          | (https?://) ( (([\d]{1,3})(\.[\d]{1,3}){3}) | (\[([\da-f]{0,4}:){2}([\da-f]{0,4}:?){1,6}\]) )
        ) (?::[\d]{1,5})? (?:[/?\#]\S*)?$",
    )
    .ok()
});
static MAIL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\S+@\w[\w.-]*\.\w+$").ok());

fn matches(pattern: &Option<Regex>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text).unwrap_or(false))
}

/// How links are written.
struct Links {
    limit: Option<usize>,
    attributes: String,
    schemes: Vec<String>,
}

/// `text | urlize(trim_url_limit, nofollow, target, rel, extra_schemes)`.
pub(super) fn urlize(input: &Value, args: CallArgs) -> Ran {
    let [limit, nofollow, target, rel, schemes] =
        args.bind("do_urlize", ["trim_url_limit", "nofollow", "target", "rel", "extra_schemes"])?;
    let given = |value: Option<Value>| value.filter(|value| value.is_true());
    let rel = given(rel).map(|rel| py_str(&rel)).unwrap_or_default();
    let mut parts: BTreeSet<&str> = rel.split_whitespace().collect();
    parts.insert("noopener");
    if given(nofollow).is_some() {
        parts.insert("nofollow");
    }
    let rel = parts.into_iter().collect::<Vec<_>>().join(" ");
    let target = given(target).map(|target| format!(" target=\"{}\"", escape(&py_str(&target))));
    let limit = limit.filter(|limit| !limit.is_none()).map(|limit| index_arg(&limit)).transpose()?;
    let schemes = given(schemes).map(|schemes| iterate(&schemes)).transpose()?.unwrap_or_default();
    let links = Links {
        limit: limit.and_then(|limit| usize::try_from(limit).ok()),
        attributes: format!(" rel=\"{}\"{}", escape(&rel), target.unwrap_or_default()),
        schemes: schemes.iter().map(py_str).collect(),
    };
    let text = escape(&py_str(input));
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end_matches(char::is_whitespace);
        out.push_str(&links.word(bare));
        out.push_str(&word[bare.len()..]);
    }
    Ok(Value::from(out))
}

impl Links {
    fn word(&self, word: &str) -> String {
        let middle = trimmed_start(word);
        let head = &word[..word.len() - middle.len()];
        let stripped = trimmed_end(middle);
        let (middle, tail) = balanced(stripped, &middle[stripped.len()..]);
        format!("{head}{}{tail}", self.linked(&middle))
    }

    fn linked(&self, address: &str) -> String {
        if matches(&WEB, address) {
            let secure =
                if address.starts_with("https://") || address.starts_with("http://") { "" } else { "https://" };
            return format!("<a href=\"{secure}{address}\"{}>{}</a>", self.attributes, self.shown(address));
        }
        if let Some(mail) = address.strip_prefix("mailto:").filter(|mail| matches(&MAIL, mail)) {
            return format!("<a href=\"{address}\">{mail}</a>");
        }
        let plain = address.contains('@') && !address.contains(':') && !address.starts_with(['@']);
        if plain && !address.starts_with("www.") && matches(&MAIL, address) {
            return format!("<a href=\"mailto:{address}\">{address}</a>");
        }
        match self.schemes.iter().any(|scheme| address != scheme && address.starts_with(scheme.as_str())) {
            true => format!("<a href=\"{address}\"{}>{address}</a>", self.attributes),
            false => address.to_owned(),
        }
    }

    fn shown(&self, address: &str) -> String {
        match self.limit {
            Some(limit) if address.chars().count() > limit => {
                address.chars().take(limit).chain("...".chars()).collect()
            }
            _ => address.to_owned(),
        }
    }
}

/// Without brackets at the beginning.
fn trimmed_start(mut word: &str) -> &str {
    while let Some(rest) = ["(", "<", "&lt;"].iter().find_map(|open| word.strip_prefix(open)) {
        word = rest;
    }
    word
}

/// Without brackets and punctuation at the end.
fn trimmed_end(mut word: &str) -> &str {
    while let Some(rest) = [")", ">", ".", ",", "&gt;"].iter().find_map(|close| word.strip_suffix(close)) {
        word = rest;
    }
    word
}

/// Gives closing brackets back to an address that opens them.
fn balanced(middle: &str, tail: &str) -> (String, String) {
    let (mut middle, mut tail) = (middle.to_owned(), tail.to_owned());
    for (open, close) in [("(", ")"), ("<", ">"), ("&lt;", "&gt;")] {
        let opened = middle.matches(open).count();
        if opened <= middle.matches(close).count() {
            continue;
        }
        for _ in 0..opened.min(tail.matches(close).count()) {
            let end = tail.find(close).map_or(0, |at| at + close.len());
            middle.push_str(&tail[..end]);
            tail.replace_range(..end, "");
        }
    }
    (middle, tail)
}
