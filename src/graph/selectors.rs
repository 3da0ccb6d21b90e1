//! `selectors.yml`: selections with names.

use indexmap::IndexMap;
use serde_json::{Map as JsonMap, Value as Json};

use super::spec::{Criterion, Group, Indirect, Method, Operation, Spec, reach, split};
use crate::error::{Error, Result, did_you_mean};
use crate::invocation::Flags;
use crate::parse::python;
use crate::yaml::{self, Node, to_json};

/// Where to read about the syntax.
const HELP: &str = "https://docs.getdbt.com/reference/node-selection/yaml-selectors";

/// Selections by name, in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Selectors {
    entries: IndexMap<String, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    spec: Spec,
    default: bool,
}

impl Selectors {
    /// Reads the file, rendered already; without a file there are no selectors.
    ///
    /// # Errors
    /// The file has another shape than dbt's, a criterion in it does not parse, or two selectors are the default.
    pub fn read(file: Option<&Node>, flags: &Flags) -> Result<Self> {
        let Some(file) = file else { return Ok(Selectors::default()) };
        let json = to_json(&file.value);
        let indirect = Indirect::parse(&flags.indirect_selection)?;
        read(&json, indirect).map_err(|error| error.in_file("selectors.yml"))
    }

    /// The selection of a name.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn get(&self, name: &str) -> Result<&Spec> {
        if let Some(entry) = self.entries.get(name) {
            return Ok(&entry.spec);
        }
        let names: Vec<Json> = self.entries.keys().map(|name| Json::from(name.as_str())).collect();
        let error = Error::runtime(format!(
            "Could not find selector named {name}, expected one of {}",
            python::repr(&Json::Array(names))
        ));
        Err(match did_you_mean(name, self.entries.keys().map(String::as_str)) {
            Some(near) => error.hint(format!("Did you mean `{near}`?")),
            None => error,
        })
    }

    /// The selection to use where the command line selects nothing.
    pub fn default_selector(&self) -> Option<(&str, &Spec)> {
        self.entries.iter().find(|(_, entry)| entry.default).map(|(name, entry)| (name.as_str(), &entry.spec))
    }

    /// Names and selections.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Spec)> {
        self.entries.iter().map(|(name, entry)| (name.as_str(), &entry.spec))
    }
}

fn read(json: &Json, indirect: Indirect) -> Result<Selectors> {
    let needed = "The file must hold a list under `selectors`.";
    let list = json.get("selectors").ok_or_else(|| misshapen(json, needed))?;
    let list = list.as_array().ok_or_else(|| misshapen(list, needed))?;
    let mut selectors = Selectors::default();
    for item in list {
        let name = item.get("name").ok_or_else(|| misshapen(item, "A selector has no `name`."))?;
        let name = name.as_str().ok_or_else(|| misshapen(name, "The name of a selector must be a string."))?;
        let definition = item
            .get("definition")
            .ok_or_else(|| misshapen(item, &format!("The selector `{name}` has no `definition`.")))?;
        if !definition.is_string() && !definition.is_object() {
            let what = format!("`definition` of the selector `{name}` must be a string or a dictionary.");
            return Err(misshapen(definition, &what));
        }
        let default = match item.get("default") {
            None => false,
            Some(Json::Bool(default)) => *default,
            Some(other) => {
                return Err(misshapen(other, &format!("`default` of the selector `{name}` must be true or false.")));
            }
        };
        if default && let Some((first, _)) = selectors.default_selector() {
            return Err(unreadable(Error::runtime(format!(
                "Error when parsing the selector file. Found multiple selectors with `default: true`:{first} and {name}"
            ))));
        }
        let spec = root(definition, indirect)
            .map_err(|error| unreadable(error).hint(format!("The mistake is in the selector `{name}`. See {HELP}")))?;
        selectors.entries.insert(name.to_owned(), Entry { spec, default });
    }
    Ok(selectors)
}

/// The file has another shape than dbt's; `found` is what does not belong.
fn misshapen(found: &Json, what: &str) -> Error {
    Error::runtime(format!(
        "Could not parse selector file data: \n{}\nValid root-level selector definitions: union, intersection, string, \
         dictionary. No lists. \n{HELP}",
        yaml_text(found)
    ))
    .hint(what)
}

fn yaml_text(json: &Json) -> String {
    yaml::dump(&yaml::from_json(json.clone()), yaml::DumpOptions { sort_keys: true, ..Default::default() })
}

/// A mistake inside a selector, as dbt words it: an error within the error.
fn unreadable(mut error: Error) -> Error {
    let lines: Vec<String> = error.message.split('\n').map(|line| format!("  {line}")).collect();
    error.message = format!("Could not read selector file data: Runtime Error\n{}", lines.join("\n"));
    error
}

fn root(definition: &Json, indirect: Indirect) -> Result<Spec> {
    if let Json::Object(fields) = definition
        && fields.len() > 1
        && (fields.contains_key("union") || fields.contains_key("intersection"))
    {
        let keys: Vec<&str> = fields.keys().map(String::as_str).collect();
        return Err(Error::runtime(format!(
            "Only a single 'union' or 'intersection' key is allowed in a root level selector definition; found {}.",
            keys.join(",")
        )));
    }
    parse(definition, indirect)
}

fn parse(definition: &Json, indirect: Indirect) -> Result<Spec> {
    match definition {
        Json::String(text) => Criterion::parse(text, indirect).map(Spec::Criterion),
        Json::Object(fields) if fields.contains_key("union") => group(Operation::Union, "union", fields, indirect),
        Json::Object(fields) if fields.contains_key("intersection") => {
            group(Operation::Intersection, "intersection", fields, indirect)
        }
        Json::Object(fields) => single(fields, indirect),
        other => Err(Error::runtime(format!(
            "Expected to find union, intersection, str or dict, instead found <class '{}'>: {}",
            python::type_name(other),
            python::text(other)
        ))),
    }
}

/// The members of a union or an intersection. One of them may say what to exclude from the rest.
fn group(operation: Operation, key: &str, fields: &JsonMap<String, Json>, indirect: Indirect) -> Result<Spec> {
    let mut included = Vec::new();
    let mut excluded: Option<Spec> = None;
    for member in members(fields, key)? {
        match member {
            Json::Object(fields) if fields.contains_key("exclude") => {
                if excluded.is_some() {
                    return Err(Error::runtime(format!(
                        "You cannot provide multiple exclude arguments to the same selector set operator:\n{}",
                        yaml_text(member)
                    )));
                }
                excluded = exclusions(fields, indirect)?;
            }
            other => included.push(parse(other, indirect)?),
        }
    }
    Ok(minus(Spec::Group(Group::new(operation, included)), excluded))
}

fn minus(spec: Spec, excluded: Option<Spec>) -> Spec {
    match excluded {
        Some(excluded) => Spec::Group(Group::new(Operation::Difference, vec![spec, excluded])),
        None => spec,
    }
}

fn exclusions(fields: &JsonMap<String, Json>, indirect: Indirect) -> Result<Option<Spec>> {
    let parsed: Result<Vec<Spec>> =
        members(fields, "exclude")?.iter().map(|definition| parse(definition, indirect)).collect();
    let mut parsed = parsed?;
    Ok(match parsed.len() {
        0 => None,
        1 => parsed.pop(),
        _ => Some(Spec::Group(Group::new(Operation::Union, parsed))),
    })
}

fn members<'a>(fields: &'a JsonMap<String, Json>, key: &str) -> Result<&'a [Json]> {
    let Some(Json::Array(members)) = fields.get(key) else {
        return Err(Error::runtime(format!("Invalid value for key \"{key}\". Expected a list.")));
    };
    match members.iter().find(|member| !member.is_object() && !member.is_string()) {
        Some(other) => Err(Error::runtime(format!(
            "Invalid value type <class '{}'> in key \"{key}\", expected dict or str (value: {}).",
            python::type_name(other),
            python::text(other)
        ))),
        None => Ok(members),
    }
}

/// One criterion, written `method: value` or with `method`, `value` and the rest as keys.
fn single(fields: &JsonMap<String, Json>, indirect: Indirect) -> Result<Spec> {
    let raw = python::repr(&Json::Object(fields.clone()));
    if fields.len() == 1
        && let Some((method, value)) = fields.iter().next()
    {
        return criterion(raw, method, value, &JsonMap::new(), indirect).map(Spec::Criterion);
    }
    let (Some(Json::String(method)), Some(value)) = (fields.get("method"), fields.get("value")) else {
        let keys = Json::Array(fields.keys().map(|key| Json::from(key.as_str())).collect());
        return Err(Error::runtime(format!(
            "Expected either 1 key or else \"method\" and \"value\" keys, but got {}",
            python::repr(&keys)
        )));
    };
    let excluded = if fields.contains_key("exclude") { exclusions(fields, indirect)? } else { None };
    let spec = criterion(raw, method, value, fields, indirect).map(Spec::Criterion)?;
    Ok(minus(spec, excluded))
}

fn criterion(
    raw: String,
    method: &str,
    value: &Json,
    fields: &JsonMap<String, Json>,
    indirect: Indirect,
) -> Result<Criterion> {
    let (method, arguments) = Method::parse(method)?;
    let set = |key: &str| fields.get(key).is_some_and(python::truthy);
    let depth = |key: &str| match fields.get(key).filter(|depth| python::truthy(depth)) {
        None => Ok(None),
        Some(depth) => match python::text(depth).parse() {
            Ok(steps) => Ok(Some(steps)),
            Err(_) => Err(Error::runtime(format!(
                "Invalid node spec - could not handle parent depth {}",
                python::text(depth)
            ))),
        },
    };
    let (parents, children) = (depth("parents_depth")?, depth("children_depth")?);
    Criterion {
        raw,
        method,
        arguments,
        value: value.clone(),
        childrens_parents: set("childrens_parents"),
        parents: set("parents").then_some(parents),
        children: set("children").then_some(children),
        indirect: match fields.get("indirect_selection") {
            Some(mode) => Indirect::parse(&python::text(mode))?,
            None => indirect,
        },
    }
    .checked()
}

/// `selectors` of the manifest: the selectors by name, criteria written as text turned into keys.
pub fn manifest_json(file: Option<&Node>) -> JsonMap<String, Json> {
    let Some(Json::Array(list)) = file.and_then(|file| file.get("selectors")).map(|list| to_json(&list.value)) else {
        return JsonMap::new();
    };
    let mut selectors = JsonMap::new();
    for mut item in list {
        let Some(name) = item.get("name").and_then(Json::as_str).map(str::to_owned) else { continue };
        if let Some(definition) = item.get_mut("definition") {
            *definition = expanded(definition);
        }
        selectors.insert(name, item);
    }
    selectors
}

fn expanded(definition: &Json) -> Json {
    let members = |members: &[Json]| Json::Array(members.iter().map(expanded).collect());
    match definition {
        Json::String(text) => expanded_text(text),
        Json::Object(fields) => {
            for key in ["union", "intersection"] {
                if let Some(Json::Array(list)) = fields.get(key) {
                    return Json::Object(JsonMap::from_iter([(key.to_owned(), members(list))]));
                }
            }
            expanded_fields(fields)
        }
        other => other.clone(),
    }
}

/// `tag: nightly` becomes `method` and `value`; what is written in full stays.
fn expanded_fields(fields: &JsonMap<String, Json>) -> Json {
    let Some((key, value)) = fields.iter().next() else { return Json::Object(fields.clone()) };
    let value = match value {
        Json::Array(list) => Json::Array(list.iter().map(expanded).collect()),
        other => other.clone(),
    };
    Json::Object(if key == "exclude" {
        JsonMap::from_iter([(key.clone(), value)])
    } else if fields.len() == 1 {
        JsonMap::from_iter([("method".to_owned(), Json::from(key.as_str())), ("value".to_owned(), value)])
    } else {
        fields.clone()
    })
}

fn expanded_text(text: &str) -> Json {
    let criterion = split(text).zip(Criterion::parse(text, Indirect::Eager).ok());
    let Some((parts, criterion)) = criterion else {
        return Json::Object(JsonMap::from_iter([("error".to_owned(), Json::from("Invalid selector spec"))]));
    };
    let mut fields = JsonMap::new();
    let mut add = |key: &str, value: Json| {
        fields.insert(key.to_owned(), value);
    };
    let digits = |steps: Option<&str>| steps.filter(|steps| reach(steps).is_some()).map(Json::from);
    if parts.childrens_parents {
        add("childrens_parents", Json::from(true));
    }
    if parts.parents.is_some() {
        add("parents", Json::from(true));
    }
    if let Some(depth) = digits(parts.parents) {
        add("parents_depth", depth);
    }
    let method = std::iter::once(criterion.method.name()).chain(criterion.arguments.iter().map(String::as_str));
    add("method", Json::from(method.collect::<Vec<_>>().join(".")));
    if !parts.value.is_empty() {
        add("value", Json::from(parts.value));
    }
    if parts.children.is_some() {
        add("children", Json::from(true));
    }
    if let Some(depth) = digits(parts.children) {
        add("children_depth", depth);
    }
    Json::Object(fields)
}
