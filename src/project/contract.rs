//! Checks a rendered `dbt_project.yml` against the keys and types that dbt accepts, with dbt's messages.

use super::packages::PackageSpec;
use super::values::repr;
use crate::error::{Error, Result};
use crate::yaml::{Map, Node, Value};

/// What a key may hold.
#[derive(Clone, Copy)]
enum Kind {
    Name,
    Version,
    Int,
    Bool,
    Text,
    TextList,
    TextOrList,
    Dict,
    DictOrNull,
    DictList,
    Quoting,
    QueryComment,
    Anything,
}

/// The keys of `dbt_project.yml` in the order in which dbt checks them.
const KEYS: [(&str, Kind); 46] = [
    ("name", Kind::Name),
    ("config-version", Kind::Int),
    ("version", Kind::Version),
    ("project-root", Kind::Text),
    ("source-paths", Kind::TextList),
    ("model-paths", Kind::TextList),
    ("macro-paths", Kind::TextList),
    ("data-paths", Kind::TextList),
    ("seed-paths", Kind::TextList),
    ("test-paths", Kind::TextList),
    ("analysis-paths", Kind::TextList),
    ("docs-paths", Kind::TextList),
    ("asset-paths", Kind::TextList),
    ("function-paths", Kind::TextList),
    ("osi-paths", Kind::TextList),
    ("target-path", Kind::Text),
    ("snapshot-paths", Kind::TextList),
    ("clean-targets", Kind::TextList),
    ("profile", Kind::Text),
    ("log-path", Kind::Text),
    ("packages-install-path", Kind::Text),
    ("quoting", Kind::Quoting),
    ("on-run-start", Kind::TextList),
    ("on-run-end", Kind::TextList),
    ("require-dbt-version", Kind::TextOrList),
    ("dispatch", Kind::DictList),
    ("models", Kind::Dict),
    ("seeds", Kind::Dict),
    ("snapshots", Kind::Dict),
    ("analyses", Kind::Dict),
    ("sources", Kind::Dict),
    ("tests", Kind::Dict),
    ("data_tests", Kind::Dict),
    ("unit_tests", Kind::Dict),
    ("metrics", Kind::Dict),
    ("semantic-models", Kind::Dict),
    ("saved-queries", Kind::Dict),
    ("exposures", Kind::Dict),
    ("functions", Kind::Dict),
    ("vars", Kind::DictOrNull),
    ("packages", Kind::Anything),
    ("query-comment", Kind::QueryComment),
    ("restrict-access", Kind::Bool),
    ("dbt-cloud", Kind::Anything),
    ("dbt_cloud", Kind::Anything),
    ("flags", Kind::Dict),
];

/// Names that a project may not have, because Jinja knows something else under them.
const RESERVED_NAMES: [&str; 40] = [
    "_sql_results",
    "adapter",
    "api",
    "column",
    "config",
    "context",
    "database",
    "env",
    "env_var",
    "exceptions",
    "execute",
    "flags",
    "fromjson",
    "fromyaml",
    "graph",
    "invocation_id",
    "load_agate_table",
    "load_result",
    "log",
    "model",
    "modules",
    "post_hooks",
    "pre_hooks",
    "ref",
    "render",
    "return",
    "run_started_at",
    "schema",
    "source",
    "sql",
    "sql_now",
    "store_result",
    "store_raw_result",
    "target",
    "this",
    "tojson",
    "toyaml",
    "try_or_compiler_error",
    "var",
    "write",
];

/// Checks the rendered file.
///
/// # Errors
/// A key is unknown, a value has the wrong type, or the name is reserved.
pub fn check(project: &Map) -> Result<()> {
    for (key, kind) in KEYS {
        let Some(node) = project.get(key) else { continue };
        if let Some(complaint) = complaint(kind, node) {
            return Err(at(&[key], &complaint, node));
        }
    }
    check_packages(project)?;
    check_unknown_keys(project)?;
    let Some(name) = project.get("name").and_then(Node::as_str) else {
        return Err(Error::runtime("at path []: 'name' is a required property"));
    };
    if RESERVED_NAMES.contains(&name) {
        return Err(Error::runtime(format!("at path []: Invalid project name: {name} is a reserved word"))
            .hint("Choose another `name` in dbt_project.yml."));
    }
    check_dispatch(project)?;
    let is_set = |key: &str| project.get(key).is_some_and(|node| node.value.is_truthy());
    if is_set("tests") && is_set("data_tests") {
        return Err(Error::runtime(
            "at path []: Invalid project config: cannot have both 'tests' and 'data_tests' defined",
        ));
    }
    Ok(())
}

fn check_unknown_keys(project: &Map) -> Result<()> {
    let known = |key: &str| KEYS.iter().any(|(name, _)| *name == key);
    let unknown: Vec<&str> = project.str_entries().map(|(key, _)| key).filter(|key| !known(key)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let quoted: Vec<String> = unknown.iter().map(|key| format!("'{key}'")).collect();
    let verb = if unknown.len() == 1 { "was" } else { "were" };
    let error = Error::runtime(format!(
        "at path []: Additional properties are not allowed ({} {verb} unexpected)",
        quoted.join(", ")
    ));
    let near = unknown
        .iter()
        .find_map(|key| crate::error::did_you_mean(key, KEYS.iter().map(|(name, _)| *name)).map(|near| (*key, near)));
    Err(match near {
        Some((key, near)) => error.hint(format!("Did you mean `{near}` instead of `{key}`?")),
        None => error,
    })
}

/// Packages may stand in this file, too, but nothing reads them there; dbt checks them all the same.
fn check_packages(project: &Map) -> Result<()> {
    let Some(list) = project.get("packages") else { return Ok(()) };
    let Some(items) = list.as_seq() else {
        return Err(at(&["packages"], &format!("{} is not of type 'array'", repr(&list.value)), list));
    };
    match items.iter().enumerate().find(|(_, item)| PackageSpec::read(item, None).is_err()) {
        None => Ok(()),
        Some((index, item)) => {
            let complaint = format!("{} is not valid under any of the given schemas", repr(&item.value));
            Err(Error::runtime(format!("at path ['packages'][{index}]: {complaint}")).hint_line(item.span.line))
        }
    }
}

/// Checks that a project is written in the one version of the format that dbt reads. It looks when it parses, so `deps`
/// and `clean` do not mind.
///
/// # Errors
/// `config-version` is another one.
pub fn check_config_version(project: &Map) -> Result<()> {
    match project.get("config-version") {
        Some(node) if !node.is_null() && node.as_i64() != Some(2) => {
            Err(Error::runtime(format!("Got an unexpected project version={}, expected 2", repr(&node.value)))
                .hint("Write `config-version: 2`, or leave the key out.")
                .hint_line(node.span.line))
        }
        _ => Ok(()),
    }
}

fn check_dispatch(project: &Map) -> Result<()> {
    for entry in project.get("dispatch").and_then(Node::as_seq).unwrap_or_default() {
        let complete = entry.get("macro_namespace").is_some()
            && entry.get("search_order").is_some_and(|order| order.as_seq().is_some());
        if !complete {
            return Err(Error::runtime(format!("at path []: Invalid project dispatch config: {}", repr(&entry.value))));
        }
    }
    Ok(())
}

/// dbt's message, with the place where the value stands.
fn at(path: &[&str], complaint: &str, node: &Node) -> Error {
    let path: Vec<String> = path.iter().map(|key| format!("['{key}']")).collect();
    Error::runtime(format!("at path {}: {complaint}", path.concat())).hint_line(node.span.line)
}

/// What is wrong with a value, in the words of dbt's validator; none if nothing is.
fn complaint(kind: Kind, node: &Node) -> Option<String> {
    let value = &node.value;
    let is_text_list =
        |value: &Value| matches!(value, Value::Seq(items) if items.iter().all(|item| item.as_str().is_some()));
    let fits = match kind {
        Kind::Name => return name_complaint(value),
        Kind::Int => matches!(value, Value::Int(_) | Value::Null),
        Kind::Version => match value {
            Value::Str(text) => is_version(text),
            other => matches!(other, Value::Int(_) | Value::Float(_) | Value::Null),
        },
        Kind::Bool => matches!(value, Value::Bool(_)),
        Kind::Text => matches!(value, Value::Str(_) | Value::Null),
        Kind::TextList => node.is_null() || is_text_list(value),
        Kind::TextOrList => matches!(value, Value::Str(_) | Value::Null) || is_text_list(value),
        Kind::Dict => matches!(value, Value::Map(_)),
        Kind::DictOrNull | Kind::Quoting => matches!(value, Value::Map(_) | Value::Null),
        Kind::QueryComment => match value {
            Value::Map(settings) => is_query_comment(settings),
            other => matches!(other, Value::Str(_) | Value::Null),
        },
        Kind::DictList => {
            matches!(value, Value::Seq(items) if items.iter().all(|item| item.as_map().is_some()))
        }
        Kind::Anything => true,
    };
    if fits {
        return None;
    }
    let plain_type = match kind {
        Kind::Bool => Some("boolean"),
        Kind::Dict => Some("object"),
        Kind::DictList => Some("array"),
        _ => None,
    };
    Some(match plain_type {
        Some(name) => format!("{} is not of type '{name}'", repr(value)),
        None => format!("{} is not valid under any of the given schemas", repr(value)),
    })
}

/// Whether a mapping says what a `query-comment` can.
fn is_query_comment(settings: &Map) -> bool {
    settings.iter().all(|(key, value)| match key.as_str() {
        Some("comment") => value.as_str().is_some(),
        Some("append") => matches!(value.value, Value::Bool(_) | Value::Null),
        Some("job-label") => matches!(value.value, Value::Bool(_)),
        _ => false,
    })
}

fn name_complaint(value: &Value) -> Option<String> {
    match value {
        Value::Str(name) if is_identifier(name) => None,
        Value::Str(_) => Some(format!("{} does not match '^[^\\\\d\\\\W]\\\\w*$'", repr(value))),
        _ => Some(format!("{} is not of type 'string'", repr(value))),
    }
}

/// Whether dbt accepts a text as a project's name: letters, digits, underscores, no digit first.
pub fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic()) && chars.all(|c| c == '_' || c.is_alphanumeric())
}

/// Two or three numbers without leading zeros; after three, a pre-release and a build.
fn is_version(text: &str) -> bool {
    let number = |text: &str| text == "0" || (!text.starts_with('0') && text.parse::<u64>().is_ok());
    let core_end = text.find(['-', '+']).unwrap_or(text.len());
    let (core, suffix) = text.split_at(core_end);
    let numbers: Vec<&str> = core.split('.').collect();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+');
    numbers.iter().all(|part| number(part))
        && (numbers.len() == 3 || numbers.len() == 2 && suffix.is_empty())
        && suffix.chars().all(allowed)
        && suffix.len() != 1
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failing look-up is a failing test.
mod tests {
    use super::*;

    fn message(yaml: &str) -> String {
        let node = crate::yaml::parse(yaml, "dbt_project.yml").unwrap();
        check(node.as_map().unwrap()).map_or_else(|error| error.message, |()| String::new())
    }

    #[test]
    fn speaks_as_dbt_does() {
        assert_eq!(message("name: c"), "");
        assert_eq!(
            message("{name: c, modelss: 1}"),
            "at path []: Additional properties are not allowed ('modelss' was unexpected)"
        );
        assert_eq!(
            message("{name: c, model-paths: models}"),
            "at path ['model-paths']: 'models' is not valid under any of the given schemas"
        );
        assert_eq!(message("{name: c, models: [a]}"), "at path ['models']: ['a'] is not of type 'object'");
        assert_eq!(message("name: ref"), "at path []: Invalid project name: ref is a reserved word");
        assert_eq!(message("name: 1e"), "at path ['name']: '1e' does not match '^[^\\\\d\\\\W]\\\\w*$'");
        assert_eq!(
            message("{name: c, version: abc}"),
            "at path ['version']: 'abc' is not valid under any of the given schemas"
        );
        assert_eq!(
            message("{name: c, dispatch: [{macro_namespace: a}]}"),
            "at path []: Invalid project dispatch config: {'macro_namespace': 'a'}"
        );
    }

    #[test]
    fn knows_versions() {
        for good in ["1.0", "1.0.0", "0.0.1-rc1", "1.2.3+build"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["1", "abc", "01.0", "1.0-rc1", "1.0.0-"] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
