//! Checks that the fields of an entry have the types that dbt expects, and words complaints as dbt's validation does:
//! `Invalid models config given in models/schema.yml @ models: {...} - at path ['name']: ...`.

use serde_json::{Map as JsonMap, Value as Json};

use crate::error::{Error, Result};
use crate::parse::python;

/// What is wrong, and where in the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    path: String,
    message: String,
}

impl Complaint {
    /// A complaint about the entry as a whole.
    pub fn whole(message: impl Into<String>) -> Self {
        Complaint { path: "[]".to_owned(), message: message.into() }
    }

    /// A complaint about one field.
    pub fn field(name: &str, message: impl Into<String>) -> Self {
        Complaint { path: format!("['{name}']"), message: message.into() }
    }

    /// A complaint about what stands at `place`.
    pub fn at(place: impl Into<String>, message: impl Into<String>) -> Self {
        Complaint { path: place.into(), message: message.into() }
    }

    /// dbt's error about the entry `data` below `key` in the file at `path`.
    pub fn into_error(self, path: &str, key: &str, data: &JsonMap<String, Json>, line: u32) -> Error {
        let shown = python::repr(&Json::Object(data.clone()));
        Error::parsing(format!(
            "Invalid {key} config given in {path} @ {key}: {shown} - at path {}: {}",
            self.path, self.message
        ))
        .hint(format!("See the entry in {path} that begins on line {line}."))
    }
}

/// Outcome of a check.
pub type Check = std::result::Result<(), Complaint>;

/// A type in JSON schema's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Text.
    String,
    /// Text or null.
    OptString,
    /// A truth value or null.
    OptBool,
    /// A mapping.
    Object,
    /// Thresholds of freshness or null.
    Freshness,
    /// A list of texts.
    Strings,
    /// A list of mappings.
    Objects,
    /// A list of tests: names or mappings.
    Tests,
}

/// Checks one field, if it is there.
///
/// # Errors
/// The value is of another type.
pub fn check(data: &JsonMap<String, Json>, place: &str, name: &str, expected: Type) -> Check {
    // Most of what is looked for is not there, and entries are small: comparing costs less than hashing.
    let Some((_, value)) = data.iter().find(|(key, _)| *key == name) else { return Ok(()) };
    let path = || format!("{place}['{name}']");
    let wrong = |path: String, value: &Json, type_name: &str| {
        Err(Complaint { path, message: format!("{} is not of type '{type_name}'", python::repr(value)) })
    };
    let no_schema = |path: String, value: &Json| {
        let message = format!("{} is not valid under any of the given schemas", python::repr(value));
        Err(Complaint { path, message })
    };
    let each = |allowed: fn(&Json) -> bool, type_name: &str| {
        let Json::Array(items) = value else { return wrong(path(), value, "array") };
        match items.iter().position(|item| !allowed(item)) {
            None => Ok(()),
            Some(at) if type_name.is_empty() => no_schema(format!("{}[{at}]", path()), &items[at]),
            Some(at) => wrong(format!("{}[{at}]", path()), &items[at], type_name),
        }
    };
    match expected {
        Type::String if !value.is_string() => wrong(path(), value, "string"),
        Type::OptString if !(value.is_string() || value.is_null()) => no_schema(path(), value),
        Type::OptBool if !(value.is_boolean() || value.is_null()) => no_schema(path(), value),
        Type::Freshness if !super::freshness::is_threshold(value) => no_schema(path(), value),
        Type::Object if !value.is_object() => wrong(path(), value, "object"),
        Type::Strings => each(Json::is_string, "string"),
        Type::Objects => each(Json::is_object, "object"),
        Type::Tests => each(|item| item.is_string() || item.is_object(), ""),
        _ => Ok(()),
    }
}

/// Checks that `name` is there.
///
/// # Errors
/// It is not.
pub fn require(data: &JsonMap<String, Json>, place: &str, name: &str) -> Check {
    if data.contains_key(name) {
        return Ok(());
    }
    let path = if place.is_empty() { "[]".to_owned() } else { place.to_owned() };
    Err(Complaint { path, message: format!("'{name}' is a required property") })
}

/// Checks that there are no fields but those in `known`.
///
/// # Errors
/// There are others.
pub fn only(data: &JsonMap<String, Json>, place: &str, known: &[&str]) -> Check {
    let mut others: Vec<&str> = data.keys().map(String::as_str).filter(|key| !known.contains(key)).collect();
    if others.is_empty() {
        return Ok(());
    }
    others.sort_unstable();
    let verb = if others.len() == 1 { "was" } else { "were" };
    let quoted: Vec<String> = others.iter().map(|key| python::repr(&Json::from(*key))).collect();
    let message = format!("Additional properties are not allowed ({} {verb} unexpected)", quoted.join(", "));
    let path = if place.is_empty() { "[]".to_owned() } else { place.to_owned() };
    Err(Complaint { path, message })
}

/// A complaint that a field is of none of the shapes that it may have.
pub fn no_shape(place: &str, value: &Json) -> Complaint {
    let message = format!("{} is not valid under any of the given schemas", python::repr(value));
    Complaint { path: place.to_owned(), message }
}

/// Checks the fields that every described resource may have, its columns included.
///
/// # Errors
/// The first field with a wrong type.
pub fn check_described(data: &JsonMap<String, Json>) -> Check {
    for (name, expected) in [
        ("name", Type::String),
        ("description", Type::String),
        ("columns", Type::Objects),
        ("meta", Type::Object),
        ("config", Type::Object),
        ("constraints", Type::Objects),
        ("tests", Type::Tests),
        ("data_tests", Type::Tests),
        ("quote_columns", Type::OptBool),
        ("access", Type::OptString),
        ("versions", Type::Objects),
    ] {
        check(data, "", name, expected)?;
    }
    check_columns(data, "")
}

/// Checks the columns of an entry, or of one of its versions at `place`.
///
/// # Errors
/// The first column with a wrong field.
pub fn check_columns(data: &JsonMap<String, Json>, place: &str) -> Check {
    let columns = data.get("columns").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    for (at, column) in columns.iter().enumerate() {
        let place = format!("{place}['columns'][{at}]");
        let Some(column) = column.as_object() else { continue };
        if column.contains_key("include") {
            continue;
        }
        require(column, &place, "name")?;
        for (name, expected) in [
            ("name", Type::String),
            ("description", Type::String),
            ("meta", Type::Object),
            ("config", Type::Object),
            ("constraints", Type::Objects),
            ("tests", Type::Tests),
            ("data_tests", Type::Tests),
            ("tags", Type::Strings),
            ("data_type", Type::OptString),
            ("quote", Type::OptBool),
        ] {
            check(column, &place, name, expected)?;
        }
    }
    Ok(())
}

/// Renames the old key `tests` to `data_tests`, in the entry, its columns and its versions.
///
/// # Errors
/// Both are there.
pub fn rename_tests(data: &mut JsonMap<String, Json>) -> Check {
    rename_own_tests(data)?;
    for key in ["columns", "versions"] {
        for item in data.get_mut(key).and_then(Json::as_array_mut).into_iter().flatten() {
            if let Json::Object(item) = item {
                if key == "versions" { rename_tests(item)? } else { rename_own_tests(item)? }
            }
        }
    }
    Ok(())
}

fn rename_own_tests(data: &mut JsonMap<String, Json>) -> Check {
    if !data.get("tests").is_some_and(python::truthy) {
        return Ok(());
    }
    if data.contains_key("data_tests") {
        return Err(Complaint::whole("Invalid test config: cannot have both 'tests' and 'data_tests' defined"));
    }
    if let Some(tests) = data.shift_remove("tests") {
        data.insert("data_tests".to_owned(), tests);
    }
    Ok(())
}

/// Moves top-level attributes that belong in `config` there.
///
/// # Errors
/// One of them stands in both places.
pub fn move_to_config(data: &mut JsonMap<String, Json>, path: &str, attributes: &[&str]) -> Result<()> {
    for attribute in attributes {
        let Some(value) = data.shift_remove(*attribute) else { continue };
        let config = data.entry("config").or_insert_with(|| Json::Object(JsonMap::new()));
        let Json::Object(config) = config else { continue };
        if config.contains_key(*attribute) {
            return Err(Error::parsing(format!(
                "In {path}: found {attribute} dictionary in 'config' dictionary and as top-level key.\nRemove the top-level \
                 key and define it under 'config' dictionary only."
            )));
        }
        config.insert((*attribute).to_owned(), value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Json) -> JsonMap<String, Json> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn complaints_name_the_place() {
        let data = object(json!({"name": "c", "columns": [{"name": "x", "tests": "unique"}]}));
        let error = check_described(&data).err().map(|complaint| complaint.into_error("s.yml", "models", &data, 3));
        assert_eq!(
            error.map(|error| error.message).as_deref(),
            Some(
                "Invalid models config given in s.yml @ models: {'name': 'c', 'columns': [{'name': 'x', 'tests': \
                 'unique'}]} - at path ['columns'][0]['tests']: 'unique' is not of type 'array'"
            )
        );
    }

    #[test]
    fn both_spellings_of_tests_are_an_error() {
        assert!(rename_tests(&mut object(json!({"tests": ["unique"], "data_tests": ["unique"]}))).is_err());
        let mut data = object(json!({"columns": [{"name": "a", "tests": ["unique"]}]}));
        assert!(rename_tests(&mut data).is_ok());
        assert_eq!(Json::Object(data), json!({"columns": [{"name": "a", "data_tests": ["unique"]}]}));
    }
}
