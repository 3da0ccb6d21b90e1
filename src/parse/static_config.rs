//! Reads `config()` calls without rendering. dbt has two readers: a fast one for files whose templates are nothing but
//! `ref`, `source` and `config` with plain literals, and one that takes the arguments as written. Which of them read a
//! file shows in `unrendered_config`, where the first keeps types and the second leaves text.

use serde_json::{Map as JsonMap, Value as Json};

use crate::jinja::static_calls;

/// What the file says in `config()`, as dbt keeps it for `unrendered_config`. `call` is the same after rendering. Only
/// models are read by the fast reader.
pub fn unrendered_call(source: &str, call: &JsonMap<String, Json>, is_model: bool) -> JsonMap<String, Json> {
    if call.is_empty() || (is_model && is_plain(source)) {
        return call.clone();
    }
    match static_calls::unrendered_config(source) {
        Some(written) if !written.is_empty() => {
            written.into_iter().map(|(name, text)| (name, Json::String(text))).collect()
        }
        _ => call.clone(),
    }
}

/// Length in bytes of the string literal that `text` begins with.
fn string_length(text: &str) -> Option<usize> {
    let mut letters = text.char_indices();
    let (_, quote) = letters.next()?;
    let mut escaped = false;
    for (at, letter) in letters {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            letter if letter == quote => return Some(at + letter.len_utf8()),
            _ => {}
        }
    }
    None
}

/// Whether dbt's fast reader understands the file: nothing but text, comments, string literals and calls of `ref`,
/// `source` and `config` with literal arguments.
pub fn is_plain(source: &str) -> bool {
    let mut rest = source;
    while let Some(at) = rest.find('{') {
        let tag = &rest[at..];
        if tag.starts_with("{%") {
            return false;
        }
        if let Some(comment) = tag.strip_prefix("{#") {
            let Some(end) = comment.find("#}") else { return false };
            rest = &comment[end + 2..];
        } else if let Some(expression) = tag.strip_prefix("{{") {
            let mut reader = Reader { rest: expression };
            if !reader.expression() {
                return false;
            }
            rest = reader.rest;
        } else {
            rest = &tag[1..];
        }
    }
    true
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> &str {
        self.rest = self.rest.trim_start();
        let end =
            self.rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn string(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        if !self.rest.starts_with(['\'', '"']) {
            return false;
        }
        match string_length(self.rest) {
            Some(length) => {
                self.rest = &self.rest[length..];
                true
            }
            None => false,
        }
    }

    fn expression(&mut self) -> bool {
        if self.string() {
            return self.skip("}}");
        }
        let understood = match self.word() {
            "ref" => self.call(Reader::ref_argument),
            "source" => self.call(Reader::string),
            "config" => self.call(Reader::config_argument),
            _ => false,
        };
        understood && self.skip("}}")
    }

    fn call(&mut self, argument: fn(&mut Self) -> bool) -> bool {
        self.skip("(") && !self.rest.trim_start().starts_with(')') && self.items(")", argument)
    }

    fn items(&mut self, close: &str, item: fn(&mut Self) -> bool) -> bool {
        loop {
            if self.skip(close) {
                return true;
            }
            if !item(self) {
                return false;
            }
            if !self.skip(",") {
                return self.skip(close);
            }
        }
    }

    fn ref_argument(&mut self) -> bool {
        if self.string() {
            return true;
        }
        if !matches!(self.word(), "v" | "version") || !self.skip("=") {
            return false;
        }
        self.string() || !self.word().is_empty()
    }

    fn config_argument(&mut self) -> bool {
        let name = self.word();
        let known = !name.is_empty() && !matches!(name, "pre_hook" | "post_hook");
        known && self.skip("=") && self.literal()
    }

    fn literal(&mut self) -> bool {
        if self.string() {
            return true;
        }
        if self.skip("[") {
            return self.items("]", Reader::literal);
        }
        if self.skip("{") {
            return self.items("}", Reader::pair);
        }
        matches!(self.word(), "True" | "False")
    }

    fn pair(&mut self) -> bool {
        self.string() && self.skip(":") && self.literal()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_files() {
        assert!(is_plain("select * from {{ ref('a') }} {# c #} {{ source('a', \"b\") }}"));
        assert!(is_plain("{{ config(\n materialized='view', tags=['a'], enabled=True,\n) }} {{ ref('a', 'b', v=1) }}"));
        for source in [
            "{% set x = 1 %}",
            "{{ config(a=1) }}",
            "{{ config(a=none) }}",
            "{{ config(a=true) }}",
            "{{ config() }}",
            "{{ config(pre_hook='x') }}",
            "{{- ref('a') -}}",
            "{{ this }}",
            "{{ ref('a').x }}",
            "{{ config(a='x' ~ 'y') }}",
        ] {
            assert!(!is_plain(source), "{source}");
        }
    }

    #[test]
    fn arguments_as_written() {
        let source = "{% if x %}{% endif %}{{ config(alias=env_var('A', 'b'), tags=[5, none], name='x', flag=true) }}";
        let call = json!({"alias": "b", "tags": [5, null], "name": "x", "flag": true});
        let call = call.as_object().cloned().unwrap_or_default();
        let expected = json!({"alias": "env_var('A', 'b')", "tags": "[5, None]", "name": "x", "flag": "True"});
        assert_eq!(Json::Object(unrendered_call(source, &call, true)), expected);
    }
}
