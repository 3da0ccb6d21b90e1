//! Hands out the entries of one key of a schema file (`models`, `sources`, ...), rendered, with what was written before
//! rendering where dbt keeps it. Mirrors `YamlReader.get_key_dicts` and `SchemaYamlRenderer`.

use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json};

use super::scope::YamlScope;
use super::yaml_file::SchemaFile;
use crate::error::{Error, Result};
use crate::jinja::value::{py_str, to_json};
use crate::parse::docs::has_jinja;
use crate::parse::python;
use crate::yaml;

/// One entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its fields, rendered.
    pub data: JsonMap<String, Json>,
    /// `config` as written.
    pub written_config: JsonMap<String, Json>,
    /// `config` of each of `versions` as written, by `v`.
    pub written_versions: Vec<(Json, JsonMap<String, Json>)>,
    /// `database` as written.
    pub written_database: Option<String>,
    /// `schema` as written.
    pub written_schema: Option<String>,
    /// Line of the entry.
    pub line: u32,
}

/// A step of the way to a value.
enum Step<'a> {
    Key(&'a str),
    Index,
}

/// The entries below `key`.
///
/// # Errors
/// The value is no list of mappings with names, or a template in it fails.
pub fn entries(file: &SchemaFile<'_>, key: &str, scope: &Arc<YamlScope>) -> Result<Vec<Entry>> {
    let path = file.file.original_file_path();
    let Some(items) = file.content.get(key) else { return Ok(Vec::new()) };
    let Some(items) = items.as_seq() else {
        let shown = trimmed(&python::text(&yaml::to_json(&items.value)));
        return Err(Error::parsing(format!(
            "{key} must be a list, got <class '{}'> instead: ({shown})",
            items.type_name()
        )));
    };
    let mut entries = Vec::with_capacity(items.len());
    for item in items {
        let Some(map) = item.as_map() else {
            let shown = python::repr(&yaml::to_json(&item.value));
            return Err(Error::parsing(format!(
                "Invalid {key} config given in {path} @ {key}: {shown} - expected a dict with string keys"
            )));
        };
        if !map.contains_key("name") && !map.contains_key("model") {
            return Err(
                Error::parsing("Entry did not contain a name").hint(format!("See {path}, line {}.", item.span.line))
            );
        }
        let rendered = render(item, key, scope, &path, &mut Vec::new())
            .map_err(|error| explain(error, &path, &file.file.package, item.span.line))?;
        entries.push(Entry {
            data: as_object(rendered),
            written_config: map.get("config").map(json_object).unwrap_or_default(),
            written_versions: written_versions(map),
            written_database: map.get("database").and_then(yaml::Node::as_str).map(str::to_owned),
            written_schema: map.get("schema").and_then(yaml::Node::as_str).map(str::to_owned),
            line: item.span.line,
        });
    }
    Ok(entries)
}

fn explain(mut error: Error, path: &str, package: &str, line: u32) -> Error {
    if error.kind == crate::error::ErrorKind::Parsing {
        error.message = format!("Failed to render {path} from project {package}: {}", error.message);
        return error;
    }
    error.hint(format!("See the entry in {path} that begins on line {line}."))
}

/// Shortens a text as dbt does in messages.
pub fn trimmed(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() < 50 {
        return text.to_owned();
    }
    let head: String = letters.iter().take(44).collect();
    let tail: String = letters.iter().skip(letters.len() - 3).collect();
    format!("{head}...{tail}")
}

fn as_object(value: Json) -> JsonMap<String, Json> {
    match value {
        Json::Object(map) => map,
        _ => JsonMap::new(),
    }
}

fn json_object(node: &yaml::Node) -> JsonMap<String, Json> {
    as_object(yaml::to_json(&node.value))
}

fn written_versions(map: &yaml::Map) -> Vec<(Json, JsonMap<String, Json>)> {
    let versions = map.get("versions").and_then(yaml::Node::as_seq).unwrap_or_default();
    let one = |version: &yaml::Node| {
        let number = yaml::to_json(&version.get("v")?.value);
        Some((number, version.get("config").map(json_object).unwrap_or_default()))
    };
    versions.iter().filter_map(one).collect()
}

fn render<'a>(
    node: &'a yaml::Node,
    key: &str,
    scope: &Arc<YamlScope>,
    path: &str,
    steps: &mut Vec<Step<'a>>,
) -> Result<Json> {
    match &node.value {
        yaml::Value::Map(map) => {
            let mut rendered = JsonMap::new();
            for (name, value) in map.iter() {
                let name_text = match &name.value {
                    yaml::Value::Str(text) => text.clone(),
                    other => python::text(&yaml::to_json(other)),
                };
                steps.push(Step::Key(name.as_str().unwrap_or_default()));
                let value = render(value, key, scope, path, steps);
                steps.pop();
                rendered.insert(name_text, value?);
            }
            Ok(Json::Object(rendered))
        }
        yaml::Value::Seq(items) => {
            let mut rendered = Vec::with_capacity(items.len());
            for item in items {
                steps.push(Step::Index);
                let value = render(item, key, scope, path, steps);
                steps.pop();
                rendered.push(value?);
            }
            Ok(Json::Array(rendered))
        }
        yaml::Value::Str(text) if should_render(key, steps) => render_text(text, scope, path),
        other => Ok(yaml::to_json(other)),
    }
}

/// A text without templates loses one line end at its end, as Jinja takes it away.
fn render_text(text: &str, scope: &Arc<YamlScope>, path: &str) -> Result<Json> {
    if !has_jinja(text) {
        return Ok(Json::from(text.strip_suffix('\n').unwrap_or(text)));
    }
    let value = scope.native(text, path).map_err(|mut error| {
        error.message = format!("Could not render {text}: {}", error.message);
        error
    })?;
    Ok(to_json(&value).unwrap_or_else(|_| Json::String(py_str(&value))))
}

/// Whether the value at the end of `steps` is rendered now. Tests and descriptions are rendered later, hooks and
/// freshness queries when they run.
fn should_render(key: &str, steps: &[Step<'_>]) -> bool {
    let at = |index: usize| match steps.get(index) {
        Some(Step::Key(name)) => Some(*name),
        _ => None,
    };
    match key {
        "sources" => match at(0) {
            Some("description" | "loaded_at_query") => false,
            Some("config") if at(1) == Some("loaded_at_query") => false,
            Some("tables") => !is_late(steps.get(2..).unwrap_or_default()),
            _ => true,
        },
        "macros" if at(0) == Some("arguments") => !is_late(steps.get(1..).unwrap_or_default()),
        "saved_queries" if at(0) == Some("query_params") && at(1) == Some("where") => false,
        "metrics" => !ends_in_filter(steps) && !is_late(steps),
        "macros" | "saved_queries" => !is_late(steps),
        _ if at(0) == Some("metrics") && ends_in_filter(steps) => false,
        _ => !is_late(steps),
    }
}

fn ends_in_filter(steps: &[Step<'_>]) -> bool {
    let last = steps.len().saturating_sub(2);
    steps.get(last..).unwrap_or_default().iter().any(|step| matches!(step, Step::Key("filter")))
}

/// dbt's `_is_norender_key`.
fn is_late(steps: &[Step<'_>]) -> bool {
    let at = |index: usize| match steps.get(index) {
        Some(Step::Key(name)) => Some(*name),
        _ => None,
    };
    let late = |index: usize| matches!(at(index), Some("tests" | "data_tests" | "description"));
    let length = steps.len();
    (late(0) || at(0) == Some("loaded_at_query"))
        || (length == 2 && (late(1) || at(1) == Some("loaded_at_query")))
        || (at(0) == Some("config") && matches!(at(1), Some("pre_hook" | "post_hook" | "loaded_at_query")))
        || (length == 5 && at(4) == Some("description"))
        || (at(0) == Some("versions") && late(2))
        || (at(0) == Some("versions") && at(2) == Some("columns") && late(4))
        || (matches!(at(0), Some("columns" | "dimensions" | "measures" | "entities" | "metrics")) && late(2))
        || (at(0) == Some("derived_semantics") && matches!(at(1), Some("dimensions" | "entities")) && late(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_and_tests_wait() {
        use Step::{Index, Key};
        assert!(!should_render("models", &[Key("description")]));
        assert!(!should_render("models", &[Key("columns"), Index, Key("description")]));
        assert!(!should_render("models", &[Key("columns"), Index, Key("tests"), Index]));
        assert!(should_render("models", &[Key("columns"), Index, Key("name")]));
        assert!(should_render("models", &[Key("config"), Key("materialized")]));
        assert!(!should_render("models", &[Key("config"), Key("post_hook"), Index]));
        assert!(!should_render("sources", &[Key("tables"), Index, Key("description")]));
        assert!(should_render("sources", &[Key("schema")]));
        assert!(!should_render("macros", &[Key("arguments"), Index, Key("description")]));
    }

    #[test]
    fn long_texts_are_cut_in_the_middle() {
        let cut = "UnparsedModelUpdate(original_file_path='mode...ne)";
        assert_eq!(trimmed(&format!("{}models/schema.yml', x=None)", &cut[..40])), cut);
    }
}
