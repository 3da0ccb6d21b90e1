//! From the text of an option or of an environment variable to its value, with dbt's complaints.

use std::path::Path;

use chrono::{NaiveDate, NaiveDateTime};
use serde_json::{Value as Json, json};

use super::for_values;
use super::mappings;
use super::options::{Kind, OptionSpec};
use super::sample;
use super::usage::{Scope, UsageError};
use crate::yaml::{self, Map, Value};

/// The value of an option: JSON, and for mappings the YAML that it stems from.
#[derive(Debug, Clone, Default)]
pub struct Converted {
    /// The value as artifacts show it.
    pub json: Json,
    /// The mapping, with YAML's own types.
    pub map: Option<Map>,
}

impl From<Json> for Converted {
    fn from(json: Json) -> Self {
        Converted { json, map: None }
    }
}

/// Converts what was typed for an option, one entry for each word.
///
/// # Errors
/// The option does not take such a value.
pub fn convert(scope: Scope, option: &OptionSpec, words: &[String]) -> Result<Converted, UsageError> {
    let refuse = |complaint: String| invalid(scope, option, &complaint);
    let text = words.last().map(String::as_str).unwrap_or_default();
    Ok(match option.kind {
        Kind::Switch | Kind::Flag => Json::Bool(true).into(),
        Kind::Text => Json::from(text).into(),
        Kind::Int => match text.trim().parse::<i64>() {
            Ok(number) => Json::from(number).into(),
            Err(_) => return Err(refuse(format!("'{text}' is not a valid integer."))),
        },
        Kind::Path(must_exist) => {
            if must_exist && !Path::new(text).exists() {
                return Err(refuse(format!("Path '{text}' does not exist.")));
            }
            Json::from(text).into()
        }
        Kind::Choice(allowed) => Json::from(choose(text, allowed).map_err(refuse)?).into(),
        Kind::Words => Json::from(split(words)).into(),
        Kind::ChoiceWords(allowed) => {
            let words = split(words);
            for word in &words {
                choose(word, allowed).map_err(refuse)?;
            }
            Json::from(words).into()
        }
        Kind::Yaml => mapping(words).map_err(refuse)?,
        Kind::Series => {
            for_values::parse(words).map_err(refuse)?;
            Json::from(words).into()
        }
        Kind::DateTime => Json::from(date_time(text).map_err(refuse)?).into(),
        Kind::Sample => match sample::parse(text, chrono::Utc::now()) {
            Ok(_) => Json::from(text).into(),
            Err(complaint) => return Err(refuse(complaint)),
        },
        Kind::Package => package(text).into(),
    })
}

/// Converts an environment variable's text; where several words can be meant, white space separates them.
///
/// # Errors
/// See [`convert`].
pub fn convert_env(scope: Scope, option: &OptionSpec, text: &str) -> Result<Converted, UsageError> {
    match option.kind {
        Kind::Switch | Kind::Flag => truth(text).map(|flag| Json::Bool(flag).into()).ok_or_else(|| {
            let known = "0, 1, f, false, n, no, off, on, t, true, y, yes";
            invalid(scope, option, &format!("'{text}' is not a valid boolean. Recognized values: , {known}"))
        }),
        Kind::Words | Kind::ChoiceWords(_) => {
            let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            convert(scope, option, &words)
        }
        _ => convert(scope, option, &[text.to_owned()]),
    }
}

/// dbt's complaint about the value of an option.
pub fn invalid(scope: Scope, option: &OptionSpec, complaint: &str) -> UsageError {
    let spellings = option.spellings().join("' / '");
    UsageError::in_scope(scope, format!("Invalid value for '{spellings}': {complaint}"))
}

fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "t" | "true" | "y" | "yes" | "on" => Some(true),
        "" | "0" | "f" | "false" | "n" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn choose(text: &str, allowed: &'static [&'static str]) -> Result<&'static str, String> {
    allowed.iter().find(|word| word.eq_ignore_ascii_case(text)).copied().ok_or_else(|| {
        let allowed: Vec<String> = allowed.iter().map(|word| format!("'{word}'")).collect();
        format!("'{text}' is not one of {}.", allowed.join(", "))
    })
}

/// Several words may also stand in one, separated by spaces. Empty ones count, as in dbt: they select nothing.
fn split(words: &[String]) -> Vec<String> {
    words.iter().flat_map(|word| word.split(' ')).map(str::to_owned).collect()
}

fn mapping(words: &[String]) -> Result<Converted, String> {
    let map = mappings::parse(words.iter().map(String::as_str))
        .map_err(|error| format!("String '{}' is not valid YAML\n{}", error.text, error.reason))?;
    Ok(Converted { json: yaml::to_json(&Value::Map(map.clone())), map: Some(map) })
}

/// A date or a point in time, as ISO text without an offset.
fn date_time(text: &str) -> Result<String, String> {
    const FORMATS: [&str; 2] = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"];
    let time = FORMATS
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0));
    time.map(|time| time.format("%Y-%m-%dT%H:%M:%S").to_string()).ok_or_else(|| {
        format!("'{text}' does not match the formats '%Y-%m-%d', '%Y-%m-%dT%H:%M:%S', '%Y-%m-%d %H:%M:%S'.")
    })
}

fn package(text: &str) -> Json {
    match text.split_once('@') {
        Some((name, version)) if !version.contains('@') => json!({"name": name, "version": version}),
        _ => json!({"name": text, "version": null}),
    }
}
