//! Reads one test definition: which test, which arguments, which configuration, which name. Mirrors dbt's
//! `TestBuilder`.

use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json, json};

use super::names::synthesize;
use super::{TargetKind, TestTarget};
use crate::error::{Error, ErrorKind, Result};
use crate::jinja::value::to_json;
use crate::manifest::node::version_text;
use crate::parse::cx::Cx;
use crate::parse::properties::entries::trimmed;
use crate::parse::properties::scope::YamlScope;
use crate::parse::python;

/// Configuration keys that may stand beside the arguments.
const CONFIG_ARGUMENTS: [&str; 15] = [
    "severity",
    "tags",
    "enabled",
    "where",
    "limit",
    "warn_if",
    "error_if",
    "fail_calc",
    "store_failures",
    "store_failures_as",
    "sql_header",
    "meta",
    "database",
    "schema",
    "alias",
];

/// A test, ready to become a node.
#[derive(Debug, Clone)]
pub struct TestSpec {
    /// What it is on.
    pub target: Arc<TestTarget>,
    /// Column, quoted if it is to be.
    pub column: Option<String>,
    /// Name of the test: `unique`.
    pub test: String,
    /// Package of the test, if named.
    pub namespace: Option<String>,
    /// Arguments for the macro, `model` and `column_name` included.
    pub arguments: JsonMap<String, Json>,
    /// Configuration.
    pub config: JsonMap<String, Json>,
    /// Tags of target and column.
    pub tags: Vec<String>,
    /// Name of the file and the alias.
    pub short_name: String,
    /// Name of the node.
    pub name: String,
    /// Description.
    pub description: String,
}

/// Reads the definition `test`.
///
/// # Errors
/// It is not what dbt expects.
pub fn spec(
    cx: &Cx,
    scope: &Arc<YamlScope>,
    target: &Arc<TestTarget>,
    test: &Json,
    column: Option<&str>,
    column_tags: &[String],
) -> Result<TestSpec> {
    read(cx, scope, target, test, column, column_tags).map_err(|error| explain(error, target))
}

fn explain(mut error: Error, target: &TestTarget) -> Error {
    let shown = trimmed(&format!("{}(original_file_path='{}', version=None)", target.shown, target.path));
    error.message = match error.kind {
        ErrorKind::Parsing => {
            format!("Invalid test config given in {}:\n\t{}\n\t@: {shown}", target.path, error.message)
        }
        ErrorKind::Compilation => {
            format!("Invalid generic test configuration given in {}: \n{}\n\t@: {shown}", target.path, error.message)
        }
        _ => return error,
    };
    error.hint(format!("The test is on `{}`.", target.name))
}

fn read(
    cx: &Cx,
    scope: &Arc<YamlScope>,
    target: &Arc<TestTarget>,
    test: &Json,
    column: Option<&str>,
    column_tags: &[String],
) -> Result<TestSpec> {
    let (full_name, mut arguments) = extract(cx, target, test, column)?;
    if arguments.contains_key("model") {
        return Err(Error::compilation("Test arguments include \"model\", which is a reserved argument"));
    }
    arguments.insert("model".to_owned(), Json::from(model_expression(target)));
    let (namespace, test_name) = split_name(&full_name)?;
    let config = take_config(scope, target, &mut arguments, &test_name, column)?;
    if config.get("sql_header").is_some() && !cx.flags.sql_header_in_tests {
        cx.warnings.deprecation(
            "CustomKeyInConfigDeprecation",
            "D026",
            &format!(
                "Custom key `sql_header` found in `config` at path `models.config` in file `{}`. Custom config keys should \
                 move into the `config.meta`.",
                target.path
            ),
        )?;
    }
    let take_text = |arguments: &mut JsonMap<String, Json>, key: &str| {
        arguments.shift_remove(key).map(|value| python::text(&value))
    };
    let description = take_text(&mut arguments, "description").unwrap_or_default();
    let given_name = take_text(&mut arguments, "name");
    let mut spec = TestSpec {
        target: target.clone(),
        column: column.map(str::to_owned),
        test: test_name,
        namespace,
        arguments,
        tags: all_tags(target, column_tags, &config)?,
        config,
        short_name: String::new(),
        name: String::new(),
        description,
    };
    name_test(&mut spec, given_name);
    Ok(spec)
}

fn name_test(spec: &mut TestSpec, given: Option<String>) {
    if let Some(name) = given {
        spec.short_name.clone_from(&name);
        spec.name = name;
        return;
    }
    let mut test = spec.test.clone();
    if spec.target.kind == TargetKind::Source {
        test = format!("source_{test}");
    }
    if let Some(namespace) = &spec.namespace {
        test = format!("{namespace}_{test}");
    }
    let target = match &spec.target.version {
        Some(version) => format!("{}_v{}", spec.target.name, version_text(version)),
        None => spec.target.name.clone(),
    };
    (spec.short_name, spec.name) = synthesize(&test, &target, &spec.arguments);
    if spec.short_name != spec.name && !spec.config.contains_key("alias") {
        spec.config.insert("alias".to_owned(), Json::from(spec.short_name.clone()));
    }
}

fn model_expression(target: &TestTarget) -> String {
    let reference = match (&target.source, &target.version) {
        (Some([source, table]), _) => format!("source('{source}', '{table}')"),
        (None, Some(version)) => format!("ref('{}', version='{}')", target.name, version_text(version)),
        (None, None) => format!("ref('{}')", target.name),
    };
    format!("{{{{ get_where_subquery({reference}) }}}}")
}

/// `package.test` or `test`.
fn split_name(name: &str) -> Result<(Option<String>, String)> {
    let word_length = |text: &str| {
        let starts = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        let end = text.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).unwrap_or(text.len());
        if starts { end } else { 0 }
    };
    let first = word_length(name);
    if first == 0 {
        return Err(Error::compilation(format!("Test name string did not match expected pattern: {name}")));
    }
    if let Some(rest) = name[first..].strip_prefix('.') {
        let second = word_length(rest);
        if second > 0 {
            return Ok((Some(name[..first].to_owned()), rest[..second].to_owned()));
        }
    }
    Ok((None, name[..first].to_owned()))
}

/// The name of the test and everything that stands below it.
fn extract(cx: &Cx, target: &TestTarget, test: &Json, column: Option<&str>) -> Result<(String, JsonMap<String, Json>)> {
    let (name, mut body) = match test {
        // The name alone: there is nothing below it.
        Json::String(name) if name != NAME_KEY => (name.clone(), JsonMap::new()),
        Json::String(name) => named(&json!({ name: {} }))?,
        other => named(other)?,
    };
    if let Some(column) = column {
        body.insert("column_name".to_owned(), Json::from(column));
    }
    merge_arguments(cx, target, &name, &mut body)?;
    Ok((name, body))
}

/// The key of a definition in which the name stands beside the arguments.
const NAME_KEY: &str = "test_name";

/// The two parts of a definition that is a mapping.
fn named(test: &Json) -> Result<(String, JsonMap<String, Json>)> {
    let class = |value: &Json| format!("<class '{}'>", python::type_name(value));
    let Json::Object(entries) = test else {
        return Err(Error::parsing(format!(
            "test must be dict or str, got {} (value {})",
            class(test),
            python::text(test)
        )));
    };
    let (name, body) = match entries.get(NAME_KEY) {
        Some(name) => {
            let mut body = entries.clone();
            body.shift_remove(NAME_KEY);
            (name.clone(), Json::Object(body))
        }
        None => match entries.iter().next() {
            Some((name, body)) if entries.len() == 1 => (Json::from(name.clone()), body.clone()),
            _ => {
                let pairs: Vec<String> = entries
                    .iter()
                    .map(|(key, value)| format!("({}, {})", python::repr(&json!(key)), python::repr(value)))
                    .collect();
                return Err(Error::parsing(format!(
                    "test definition dictionary must have exactly one key, got [{}] instead ({} keys)",
                    pairs.join(", "),
                    entries.len()
                )));
            }
        },
    };
    let Json::Object(body) = body else {
        return Err(Error::parsing(format!(
            "test arguments must be a dict, got {} (value {})",
            class(&body),
            python::text(&body)
        )));
    };
    match name {
        Json::String(name) => Ok((name, body)),
        other => Err(Error::parsing(format!("test name must be a str, got {} (value {other})", class(&other)))),
    }
}

/// Arguments belong below `arguments`; beside the configuration they are deprecated.
fn merge_arguments(cx: &Cx, target: &TestTarget, test: &str, body: &mut JsonMap<String, Json>) -> Result<()> {
    if !cx.flags.generic_test_arguments {
        if let Some(arguments) = body.get("arguments") {
            let shown = python::text(arguments);
            cx.warnings.deprecation(
                "ArgumentsPropertyInGenericTestDeprecation",
                "D038",
                &format!(
                    "Found `arguments` property in test definition of `{test}` ({shown}) without usage of \
                     `require_generic_test_arguments_property` behavior change flag. The `arguments` property is deprecated \
                     for custom usage and will be used to nest keyword arguments in future versions of dbt."
                ),
            )?;
        }
        return Ok(());
    }
    let arguments = body.shift_remove("arguments").unwrap_or(Json::Null);
    let path = &target.path;
    for key in body.keys().filter(|key| CONFIG_ARGUMENTS.contains(&key.as_str())) {
        let place = format!("data_tests.{test}.{key}");
        cx.warnings.deprecation(
            "PropertyMovedToConfigDeprecation",
            "D030",
            &format!(
                "Found `{key}` as a top-level property of `{place}` in file `{path}`. The `{key}` top-level property should \
                 be moved into the `config` of `{place}`."
            ),
        )?;
    }
    let known =
        |key: &str| matches!(key, "config" | "column_name" | "description" | "name") || CONFIG_ARGUMENTS.contains(&key);
    if !python::truthy(&arguments) && body.keys().any(|key| !known(key)) {
        cx.warnings.deprecation(
            "MissingArgumentsPropertyInGenericTestDeprecation",
            "D039",
            &format!(
                "Found top-level arguments to test `{test}` defined on '{}' in package '{}' ({path}). Arguments to generic \
                 tests should be nested under the `arguments` property.",
                target.name, target.package
            ),
        )?;
    }
    if let Json::Object(arguments) = arguments {
        body.extend(arguments);
    }
    Ok(())
}

/// Takes the configuration out of the arguments and renders its texts.
fn take_config(
    scope: &Arc<YamlScope>,
    target: &TestTarget,
    arguments: &mut JsonMap<String, Json>,
    test: &str,
    column: Option<&str>,
) -> Result<JsonMap<String, Json>> {
    let mut nested = match arguments.shift_remove("config") {
        None => None,
        Some(Json::Object(config)) => Some(config),
        Some(other) => {
            return Err(Error::parsing(format!(
                "'config' must be a dict, got <class '{}'> (value {})",
                python::type_name(&other),
                python::text(&other)
            )));
        }
    };
    let mut config = JsonMap::new();
    if nested.is_none() && !arguments.keys().any(|key| CONFIG_ARGUMENTS.contains(&key.as_str())) {
        return Ok(config);
    }
    for key in CONFIG_ARGUMENTS {
        let mut value = arguments.shift_remove(key).unwrap_or(Json::Null);
        if let Some(nested) = &mut nested {
            if python::truthy(&value) && nested.contains_key(key) {
                return Err(Error::compilation("Test cannot have the same key at the top-level and in config"));
            }
            if !python::truthy(&value) {
                value = nested.shift_remove(key).unwrap_or(Json::Null);
            }
        }
        config.insert(key.to_owned(), value);
    }
    config.extend(nested.unwrap_or_default());
    let mut rendered = JsonMap::new();
    for (key, value) in config {
        let value = match value {
            Json::String(text) => render_value(scope, target, &text, &key, test, column)?,
            other => other,
        };
        if !value.is_null() {
            rendered.insert(key, value);
        }
    }
    Ok(rendered)
}

fn render_value(
    scope: &Arc<YamlScope>,
    target: &TestTarget,
    text: &str,
    key: &str,
    test: &str,
    column: Option<&str>,
) -> Result<Json> {
    if !crate::parse::docs::has_jinja(text) {
        return Ok(Json::from(text.strip_suffix('\n').unwrap_or(text)));
    }
    let value = scope.native(text, &target.path).map_err(|mut error| {
        if error.message.ends_with("is undefined") {
            error.message = format!(
                "The {}.{} column's \"{test}\" test references an undefined macro in its {key} configuration argument. The \
                 macro {}.\nPlease note that the generic test configuration parser currently does not support using custom \
                 macros to populate configuration values",
                target.name,
                column.unwrap_or("None"),
                error.message
            );
        }
        error
    })?;
    Ok(to_json(&value).unwrap_or_else(|_| Json::String(crate::jinja::value::py_str(&value))))
}

/// Tags of target, column and configuration, sorted, each once.
fn all_tags(target: &TestTarget, column_tags: &[String], config: &JsonMap<String, Json>) -> Result<Vec<String>> {
    let mut tags: Vec<String> = target.tags.iter().chain(column_tags).cloned().collect();
    match config.get("tags") {
        None => {}
        Some(Json::String(tag)) => tags.push(tag.clone()),
        Some(Json::Array(items)) => {
            for item in items {
                let Json::String(tag) = item else {
                    return Err(Error::compilation(format!(
                        "got {} (<class '{}'>) for tag, expected a str",
                        python::text(item),
                        python::type_name(item)
                    )));
                };
                tags.push(tag.clone());
            }
        }
        Some(other) => {
            return Err(Error::compilation(format!(
                "got {} (<class '{}'>) for tags, expected a list of strings",
                python::text(other),
                python::type_name(other)
            )));
        }
    }
    tags.sort();
    tags.dedup();
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_have_a_package() {
        let parts = |name: &str| split_name(name).ok();
        assert_eq!(parts("unique"), Some((None, "unique".to_owned())));
        assert_eq!(parts("dbt_utils.at_least_one"), Some((Some("dbt_utils".to_owned()), "at_least_one".to_owned())));
        assert!(parts("1x").is_none());
    }
}
