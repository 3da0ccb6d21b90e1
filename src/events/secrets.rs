//! What must not be shown, and taking it out of what is written.

use crate::artifacts::python_json;

/// In place of a secret, as in dbt.
const MASK: &str = "*****";

/// Texts that must not be shown.
#[derive(Debug, Clone, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Adds texts, and the forms that they take in SQL (quotes doubled) and in JSON (escaped). Blank ones are no secrets.
    pub fn add(&mut self, texts: impl IntoIterator<Item = String>) {
        for text in texts.into_iter().filter(|text| !text.trim().is_empty()) {
            let in_sql = text.replace('\'', "''");
            let in_json = [&text, &in_sql].map(|text| {
                let quoted = python_json::to_string(&text.as_str().into());
                quoted[1..quoted.len() - 1].to_owned()
            });
            for form in [text, in_sql].into_iter().chain(in_json) {
                if !self.0.contains(&form) {
                    self.0.push(form);
                }
            }
        }
        // What holds another secret goes first, so that no part of it is left.
        self.0.sort_by_key(|text| std::cmp::Reverse(text.len()));
    }

    /// `text` with a mask in place of each secret.
    pub fn scrub(&self, mut text: String) -> String {
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), MASK);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_secrets_as_sql_and_json_write_them() {
        let mut secrets = Secrets::default();
        secrets.add(["it's \"mine\"".to_owned(), "ü".to_owned(), " ".to_owned()]);
        assert_eq!(secrets.scrub("a 'it''s \"mine\"' b".to_owned()), "a '*****' b");
        assert_eq!(secrets.scrub(r#"{"a": "it's \"mine\" \u00fc"}"#.to_owned()), r#"{"a": "***** *****"}"#);
        assert_eq!(secrets.scrub("nothing here".to_owned()), "nothing here");
    }
}
