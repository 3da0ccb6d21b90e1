//! Properties of macros: descriptions and arguments, checked against the signature.

use serde_json::{Map as JsonMap, Value as Json};

use super::patch::{list, map, text};
use super::shape::{Complaint, Type, check, require};
use super::{File, Loader};
use crate::error::{Error, Result};
use crate::manifest::{Macro, MacroArgument};
use crate::parse::cx::Cx;
use crate::parse::macros::shown_docs;

impl Loader<'_> {
    /// Describes macros.
    pub(super) fn load_macros(&mut self, file: &File<'_>) -> Result<()> {
        for entry in file.entries("macros")? {
            let complain = |complaint: Complaint| complaint.into_error(&file.path, "macros", &entry.data, entry.line);
            check_macro(&entry.data).map_err(complain)?;
            let name = text(&entry.data, "name");
            let cx = self.cx;
            let Some(found) = self.manifest.macros.get_mut(&format!("macro.{}.{name}", file.package)) else {
                let message = format!("Found patch for macro \"{name}\" which was not found");
                cx.warnings.warn("MacroNotFoundForPatch", "I059", &message)?;
                continue;
            };
            if let Some(existing) = &found.patch_path {
                let existing = existing.split_once("://").map_or(existing.as_str(), |(_, path)| path);
                return Err(described_twice(&name, &file.package, &file.path, existing));
            }
            describe(cx, found, &entry.data, file.id())?;
        }
        Ok(())
    }
}

fn check_macro(data: &JsonMap<String, Json>) -> super::shape::Check {
    for (name, expected) in
        [("name", Type::String), ("description", Type::String), ("arguments", Type::Objects), ("config", Type::Object)]
    {
        check(data, "", name, expected)?;
    }
    for (at, argument) in list(data, "arguments").iter().enumerate() {
        if let Some(argument) = argument.as_object() {
            require(argument, &format!("['arguments'][{at}]"), "name")?;
        }
    }
    Ok(())
}

fn described_twice(name: &str, package: &str, path: &str, existing: &str) -> Error {
    let fix = if path == existing {
        format!("remove one of the macros entries for {name} in this file:\n - {path}\n")
    } else {
        format!("remove the macros entry for {name} in one of these files:\n - {path}\n{existing}")
    };
    Error::compilation(format!(
        "dbt found two schema.yml entries for the same macro in package {package} named {name}. Macros may only be \
         described a single time. To fix this, {fix}"
    ))
}

fn describe(cx: &Cx, found: &mut Macro, data: &JsonMap<String, Json>, file_id: String) -> Result<()> {
    let config = map(data, "config");
    let mut meta = map(data, "meta");
    meta.extend(map(&config, "meta"));
    let given_docs = config.get("docs").or_else(|| data.get("docs")).and_then(Json::as_object);
    let mut docs = shown_docs();
    docs.extend(given_docs.cloned().unwrap_or_default());
    let arguments: Vec<MacroArgument> = list(data, "arguments")
        .iter()
        .filter_map(Json::as_object)
        .map(|argument| MacroArgument {
            name: text(argument, "name"),
            arg_type: argument.get("type").and_then(Json::as_str).map(str::to_owned),
            description: text(argument, "description"),
        })
        .collect();
    if cx.flags.validate_macro_args {
        check_arguments(cx, found, &arguments)?;
    }
    if !arguments.is_empty() || !cx.flags.validate_macro_args {
        found.arguments = arguments;
    }
    found.patch_path = Some(file_id);
    found.description = text(data, "description");
    found.config.insert("meta".to_owned(), Json::Object(meta.clone()));
    found.config.insert("docs".to_owned(), Json::Object(docs.clone()));
    found.meta = meta;
    found.docs = docs.into();
    Ok(())
}

fn check_arguments(cx: &Cx, found: &Macro, described: &[MacroArgument]) -> Result<()> {
    if described.is_empty() {
        return Ok(());
    }
    let warn = |message: String| cx.warnings.warn("InvalidMacroAnnotation", "I076", &message);
    let name = &found.name;
    for (real, argument) in found.arguments.iter().zip(described) {
        if real.name != argument.name {
            warn(format!("Argument {} in yaml for macro {name} does not match the jinja definition.", argument.name))?;
        }
    }
    if described.len() != found.arguments.len() {
        warn(format!("The number of arguments in the yaml for macro {name} does not match the jinja definition."))?;
    }
    for argument in described {
        let given = argument.arg_type.as_deref().unwrap_or_default();
        if !given.trim().is_empty() && !is_valid_type(given) {
            warn(format!("Argument {} in the yaml for macro {name} has an invalid type.", argument.name))?;
        }
    }
    Ok(())
}

/// Whether `text` is a type of dbt's macro annotations: `int`, `list[str]`, `dict[str, optional[int]]`.
fn is_valid_type(text: &str) -> bool {
    let text: String = text.chars().filter(|letter| !matches!(letter, ' ' | '\t')).collect();
    rest_after_type(&text) == Some("")
}

fn rest_after_type(text: &str) -> Option<&str> {
    let end = text.find(|letter: char| !letter.is_ascii_lowercase()).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let parameters = match name {
        "str" | "string" | "bool" | "int" | "integer" | "float" | "any" | "relation" | "column" => 0,
        "list" | "optional" => 1,
        "dict" => 2,
        _ => return None,
    };
    if parameters == 0 {
        return Some(rest);
    }
    let mut rest = rest.strip_prefix('[')?;
    for index in 0..parameters {
        if index > 0 {
            rest = rest.strip_prefix(',')?;
        }
        rest = rest_after_type(rest)?;
    }
    rest.strip_prefix(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_arguments() {
        assert!(is_valid_type("dict[str, optional[int]]"));
        assert!(is_valid_type("relation"));
        assert!(!is_valid_type("list"));
        assert!(!is_valid_type("varchar"));
    }
}
