//! Reads schema YAML files and checks their outline: a mapping at the top, lists of named mappings below the keys that
//! dbt knows. Mirrors `yaml_from_file` and `validate_yaml`.

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::parse::files::SourceFile;
use crate::parse::warnings::Warnings;
use crate::yaml;

/// Keys whose value must be a list of mappings with a name.
const LISTS: [&str; 11] = [
    "models",
    "seeds",
    "snapshots",
    "sources",
    "macros",
    "analyses",
    "exposures",
    "metrics",
    "semantic_models",
    "saved_queries",
    "functions",
];

/// A schema file with its content.
#[derive(Debug)]
pub struct SchemaFile<'a> {
    /// The file.
    pub file: &'a SourceFile,
    /// Its top level.
    pub content: yaml::Map,
}

/// Reads `files` in parallel; files without content are left out.
///
/// # Errors
/// The first file, in order, that is no YAML or has not the outline that dbt expects.
pub fn read<'a>(files: &'a [SourceFile], warnings: &Warnings) -> Result<Vec<SchemaFile<'a>>> {
    let parsed: Vec<_> =
        files.par_iter().map(|file| yaml::parse_checked(&file.contents, &file.original_file_path())).collect();
    let mut read = Vec::with_capacity(files.len());
    for (file, parsed) in files.iter().zip(parsed) {
        let path = file.original_file_path();
        let (node, duplicates) = parsed.map_err(|error| unreadable(file, &error.to_string()))?;
        for duplicate in duplicates {
            let description = format!("{} in file `{path}`", duplicate.message);
            warnings.deprecation("DuplicateYAMLKeysDeprecation", "D024", &description)?;
        }
        match node.value {
            yaml::Value::Null => {}
            yaml::Value::Map(content) => {
                check_outline(&path, &content)?;
                if !content.is_empty() {
                    read.push(SchemaFile { file, content });
                }
            }
            _ => {
                let reason = format!("Contents of file '{path}' are not valid. Dictionary expected.");
                return Err(unreadable(file, &format!("Runtime Error\n{}", indented(&reason))));
            }
        }
    }
    Ok(read)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

fn unreadable(file: &SourceFile, reason: &str) -> Error {
    let reason = match reason.starts_with("Runtime Error") {
        true => reason.to_owned(),
        false => format!("Runtime Error\n{}", indented(reason)),
    };
    Error::parsing(format!("Error reading {}: {} - {reason}", file.package, file.relative_path))
}

fn check_outline(path: &str, content: &yaml::Map) -> Result<()> {
    for key in LISTS {
        let Some(value) = content.get(key) else { continue };
        let complain = |what: &str| {
            Err(Error::parsing(format!("The schema file at {path} is invalid because {what}"))
                .hint(at_line(path, value)))
        };
        let Some(items) = value.as_seq() else {
            return complain(&format!("the value of '{key}' is not a list"));
        };
        for item in items {
            match item.as_map() {
                None => return complain(&format!("a list element for '{key}' is not a dictionary")),
                Some(map) if !map.contains_key("name") => {
                    return complain(&format!("a list element for '{key}' does not have a name attribute."));
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

fn at_line(path: &str, node: &yaml::Node) -> String {
    format!("See {path}, line {}.", node.span.line)
}
