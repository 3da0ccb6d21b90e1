//! What `ls` prints of a selection.

use serde_json::{Map as JsonMap, Value as Json};

use super::member::Member;
use super::select::Selection;
use crate::error::{Error, Result};
use crate::manifest::node::version_text;
use crate::manifest::{Manifest, ResourceType};

/// The keys of JSON lines unless `--output-keys` names others.
const KEYS: [&str; 11] = [
    "alias",
    "name",
    "package_name",
    "depends_on",
    "direct_parents",
    "tags",
    "config",
    "resource_type",
    "source_name",
    "original_file_path",
    "unique_id",
];

/// `--output` of `ls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    /// `selector`: what `--select` understands. The default.
    Selector,
    /// `name`
    Name,
    /// `path`: the file below its package.
    Path,
    /// `json`: one object for each resource.
    Json,
}

impl ListFormat {
    /// The format of a name; no name is `selector`.
    ///
    /// # Errors
    /// There is no such format.
    pub fn parse(name: Option<&str>) -> Result<Self> {
        match name {
            None | Some("selector") => Ok(ListFormat::Selector),
            Some("name") => Ok(ListFormat::Name),
            Some("path") => Ok(ListFormat::Path),
            Some("json") => Ok(ListFormat::Json),
            Some(other) => Err(Error::internal(format!("Invalid output {other}"))
                .hint("`--output` is one of: json, name, path, selector.")),
        }
    }
}

/// One line for each selected resource, in order. `keys` are `--output-keys`, which may reach into mappings with dots.
pub fn list_lines<'a>(
    manifest: &'a Manifest,
    selection: &'a Selection,
    format: ListFormat,
    keys: &'a [String],
) -> impl Iterator<Item = String> + 'a {
    let members = selection.nodes.iter().filter_map(|id| Member::find(manifest, id));
    members.map(move |member| match format {
        ListFormat::Selector => selector(member),
        ListFormat::Name => search_name(member),
        ListFormat::Path => member.original_file_path().to_owned(),
        ListFormat::Json => json_line(member, keys),
    })
}

fn selector(member: Member<'_>) -> String {
    let (package, name) = (member.package_name(), member.name());
    match member {
        Member::Source(source) => format!("source:{package}.{}.{name}", source.source_name),
        Member::UnitTest(test) => match &test.version {
            Some(version) => format!("unit_test:{package}.{name}_v{}", version_text(version)),
            None => format!("unit_test:{package}.{name}"),
        },
        Member::Exposure(_) | Member::Carried(..) => {
            format!("{}:{package}.{name}", member.resource_type().as_str())
        }
        Member::Node(node) => node.fqn.join("."),
    }
}

fn search_name(member: Member<'_>) -> String {
    match member {
        Member::Node(node) => node.search_name(),
        Member::Source(source) => format!("{}.{}", source.source_name, source.name),
        other => other.name().to_owned(),
    }
}

fn json_line(member: Member<'_>, keys: &[String]) -> String {
    let mut fields = member.to_json();
    if member.resource_type() == ResourceType::Model {
        fields.insert("direct_parents".to_owned(), Json::from(member.parents()));
    }
    let shown: JsonMap<String, Json> = if keys.is_empty() {
        fields.into_iter().filter(|(key, _)| KEYS.contains(&key.as_str())).collect()
    } else {
        keys.iter().filter_map(|key| Some((key.clone(), value_at(&fields, key)?))).collect()
    };
    python_json(&Json::Object(shown))
}

/// The value of a key. A key with dots reaches into mappings and shows nothing where it finds null.
fn value_at(fields: &JsonMap<String, Json>, key: &str) -> Option<Json> {
    let Some((first, rest)) = key.split_once('.') else { return fields.get(key).cloned() };
    let found = rest.split('.').try_fold(fields.get(first)?, |value, key| value.get(key))?;
    (!found.is_null()).then(|| found.clone())
}

/// JSON as Python's `json.dumps` writes it: a space after commas and colons, everything outside ASCII escaped.
fn python_json(value: &Json) -> String {
    match value {
        Json::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(key, value)| format!("{}: {}", quoted(key), python_json(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(python_json).collect();
            format!("[{}]", items.join(", "))
        }
        Json::String(text) => quoted(text),
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for letter in Json::from(text).to_string().chars() {
        if letter.is_ascii() {
            out.push(letter);
        } else {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}
