//! Sources that are files: `external_location` in a source's meta or configuration, filled in with what is known of the
//! source. Mirrors dbt-duckdb's `SourceConfig` and its three formatters.

use std::error::Error as StdError;

use serde_json::{Map as JsonMap, Value as Json};

use super::database::plugin_sources::ProvidedSource;
use crate::error::{Error, Result};
use crate::jinja::MjError;
use crate::jinja::value::{CallArgs, from_json, percent, py_str, str_format};
use crate::manifest::SourceDefinition;

/// Keys of a source's configuration that dbt itself reads; the others stand beside the meta.
const OWN_KEYS: [&str; 8] =
    ["enabled", "event_time", "freshness", "loaded_at_field", "loaded_at_query", "meta", "tags", "static_analysis"];

/// What dbt-duckdb reads of a source: its meta, and over it the keys of its configuration that dbt does not know.
pub(super) fn settings(source: &SourceDefinition) -> JsonMap<String, Json> {
    let mut settings = source.meta.clone();
    let config = source.config.0.iter().filter(|(key, _)| !OWN_KEYS.contains(&key.as_str()));
    settings.extend(config.map(|(key, value)| (key.clone(), value.clone())));
    settings
}

/// What is read in place of the source's table; none where it is a table.
///
/// # Errors
/// The template names a key that the source does not have, or its `formatter` is unknown.
pub(super) fn location(source: &SourceDefinition) -> Result<Option<String>> {
    let settings = settings(source);
    if settings.contains_key("plugin") {
        return Ok(None);
    }
    filled(source, &settings)
}

/// What a plugin is told of a source; none where no plugin provides it.
///
/// # Errors
/// As for [`location`].
pub(super) fn provided(source: &SourceDefinition) -> Result<Option<ProvidedSource>> {
    let settings = settings(source);
    let Some(plugin) = settings.get("plugin").map(|name| py_str(&from_json(name))) else { return Ok(None) };
    let location = filled(source, &settings)?;
    let (name, tags) = (source.name.clone(), source.tags.clone());
    Ok(Some(ProvidedSource { plugin, name, tags, settings, location }))
}

fn filled(source: &SourceDefinition, settings: &JsonMap<String, Json>) -> Result<Option<String>> {
    let Some(template) = settings.get("external_location") else { return Ok(None) };
    let template = py_str(&from_json(template));
    let formatter = settings.get("formatter").map_or("newstyle".to_owned(), |name| py_str(&from_json(name)));
    let fields = fields(source, settings);
    let filled = match formatter.as_str() {
        "newstyle" => {
            let named = fields.iter().map(|(key, value)| (key.as_str().into(), from_json(value))).collect();
            str_format(&template, &CallArgs { pos: Vec::new(), named }).map(|text| py_str(&text))
        }
        "oldstyle" => percent(&template, &from_json(&Json::Object(fields.clone()))).map(|text| py_str(&text)),
        "template" => substitute(&template, &fields).map_err(crate::jinja::PyError::value_error),
        other => {
            return Err(Error::compilation(format!(
                "Formatter {other} not recognized. Must be one of 'newstyle', 'oldstyle', or 'template'."
            )));
        }
    };
    let filled = filled.map_err(|error| cannot_fill(source, &template, &formatter, &fields, &error))?;
    let bare = filled.contains('(') || filled.starts_with('\'');
    Ok(Some(if bare { filled } else { format!("'{filled}'") }))
}

/// What a template can name.
fn fields(source: &SourceDefinition, settings: &JsonMap<String, Json>) -> JsonMap<String, Json> {
    let mut fields = JsonMap::new();
    fields.insert("name".to_owned(), source.name.clone().into());
    fields.insert("identifier".to_owned(), source.identifier.clone().into());
    fields.insert("schema".to_owned(), source.schema.clone().into());
    fields.insert("database".to_owned(), source.database.clone().into());
    fields.insert("tags".to_owned(), source.tags.clone().into());
    fields.extend(settings.clone());
    fields
}

/// Python's `string.Template.substitute`: `$name`, `${name}`, and `$$` for a dollar.
fn substitute(template: &str, fields: &JsonMap<String, Json>) -> std::result::Result<String, String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(tail) = after.strip_prefix('$') {
            out.push('$');
            rest = tail;
            continue;
        }
        let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (name, tail) = braced.unwrap_or_else(|| {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            after.split_at(end)
        });
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(format!("Invalid placeholder in string: '${after}'"));
        }
        let value = fields.get(name).ok_or_else(|| format!("'{name}'"))?;
        out.push_str(&py_str(&from_json(value)));
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

fn cannot_fill(
    source: &SourceDefinition,
    template: &str,
    formatter: &str,
    fields: &JsonMap<String, Json>,
    error: &MjError,
) -> Error {
    let detail = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    let known: Vec<&str> = fields.keys().map(String::as_str).collect();
    Error::compilation(format!(
        "The external_location '{template}' of source '{}.{}' cannot be filled in with the formatter {formatter}: \
         {detail}. It can name {}.",
        source.source_name,
        source.name,
        known.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_take_names_with_and_without_braces() {
        let fields = JsonMap::from_iter([("a".to_owned(), Json::from("x")), ("b_1".to_owned(), Json::from(2))]);
        assert_eq!(substitute("$a/${b_1}.$$csv", &fields), Ok("x/2.$csv".to_owned()));
        assert_eq!(substitute("$nope", &fields), Err("'nope'".to_owned()));
        assert_eq!(substitute("100$", &fields), Err("Invalid placeholder in string: '$'".to_owned()));
    }
}
