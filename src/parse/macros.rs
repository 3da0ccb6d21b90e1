//! Reads the macros of all packages and of rdbt itself, and finds which macros each of them calls without rendering
//! it. Mirrors dbt's `parser/macros.py`, `parser/generic_test.py` and `resolve_macro_depends_on`.

use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use rayon::prelude::*;
use serde_json::{Map as JsonMap, Value as Json, json};

use super::files::{FileKind, PackageFiles};
use super::warnings::Warnings;
use crate::builtin_macros::{self, BuiltinFile};
use crate::context::MacroResolver;
use crate::context::errors::from_jinja;
use crate::error::{Error, NodeLabel, Result};
use crate::events::deprecations::wrap;
use crate::jinja::{Engine, MacroDef, MacroKind, StaticCall, macros_in_file};
use crate::manifest::{IdMap, Macro, MacroArgument, SharedMap};
use crate::project::Project;

/// A file that may define macros.
struct MacroFile<'a> {
    package: &'a str,
    path: String,
    text: &'a str,
    /// The same as one of rdbt's own files.
    builtin: Option<&'static BuiltinFile>,
    /// Only tests count: the file is below `tests/generic`.
    only_tests: bool,
}

/// All macros by unique id: the root project's, then the built-in ones, then those of packages.
///
/// # Errors
/// A file's blocks cannot be told apart, a package defines a name twice, or a deprecation is an error in this run.
pub fn load(
    project: &Project,
    files: &IndexMap<String, PackageFiles>,
    created_at: f64,
    validate_arguments: bool,
    warnings: &Warnings,
) -> Result<IdMap<Macro>> {
    let mut sources = Vec::new();
    package_files(&project.root.name, files, &mut sources);
    builtin_files(&mut sources, &["dbt_duckdb", "dbt"]);
    for name in project.packages.keys() {
        package_files(name, files, &mut sources);
    }
    if uses_own_tests(files) {
        builtin_files(&mut sources, &[builtin_macros::OWN_PACKAGE]);
    }
    let found: Vec<Result<(Vec<Macro>, Vec<String>)>> =
        sources.par_iter().map(|file| macros_of(file, created_at, validate_arguments)).collect();
    let count = found.iter().flatten().map(|(macros, _)| macros.len()).sum();
    let mut macros: IdMap<Macro> = IdMap::with_capacity_and_hasher(count, Default::default());
    for (file, found) in sources.iter().zip(found) {
        let (found, unexpected) = found?;
        for tag in unexpected {
            let text = format!("Found unexpected '{tag}' block tag. in file `{}`", file.path);
            warnings.deprecation("UnexpectedJinjaBlockDeprecation", "D023", &text)?;
        }
        for found in found {
            if let Some(known) = macros.get(&found.unique_id) {
                return Err(duplicate(&found, known));
            }
            macros.insert(found.unique_id.clone(), found);
        }
    }
    Ok(macros)
}

fn package_files<'a>(name: &'a str, files: &'a IndexMap<String, PackageFiles>, sources: &mut Vec<MacroFile<'a>>) {
    let Some(files) = files.get(name) else { return };
    for kind in [FileKind::Macro, FileKind::GenericTest] {
        sources.extend(files.of(kind).iter().map(|file| MacroFile {
            package: name,
            path: file.original_file_path(),
            text: &file.contents,
            builtin: None,
            only_tests: kind == FileKind::GenericTest,
        }));
    }
}

/// Whether properties name a test that rdbt brings: only then is it read, and listed among the macros.
fn uses_own_tests(files: &IndexMap<String, PackageFiles>) -> bool {
    let mut schemas = files.values().flat_map(|files| files.of(FileKind::Schema));
    schemas.any(|file| builtin_macros::own_tests().iter().any(|name| file.contents.contains(name)))
}

fn builtin_files(sources: &mut Vec<MacroFile<'_>>, packages: &[&str]) {
    for &package in packages {
        for only_tests in [false, true] {
            let files = builtin_macros::macro_files()
                .filter(|file| file.package == package && file.path.starts_with("tests/") == only_tests);
            sources.extend(files.map(|file| MacroFile {
                package: file.package,
                path: file.path.to_owned(),
                text: file.source.trim(),
                builtin: Some(file),
                only_tests,
            }));
        }
    }
}

fn macros_of(file: &MacroFile<'_>, created_at: f64, validate_arguments: bool) -> Result<(Vec<Macro>, Vec<String>)> {
    let (definitions, unexpected) = match file.builtin.and_then(builtin_macros::index::macros_of) {
        Some(definitions) => (definitions, Vec::new()),
        None => {
            let label =
                NodeLabel { resource_type: "macro".to_owned(), name: file.path.clone(), path: file.path.clone() };
            let parsed = macros_in_file(file.text, &file.path, file.package);
            let parsed = parsed.map_err(|error| from_jinja(&error, Some(&label)))?;
            (parsed.macros, parsed.unexpected)
        }
    };
    let macros = definitions
        .into_iter()
        .filter(|definition| !file.only_tests || matches!(definition.kind, MacroKind::Test | MacroKind::DataTest))
        .map(|definition| new_macro(file, definition, created_at, validate_arguments))
        .collect();
    Ok((macros, unexpected))
}

fn new_macro(file: &MacroFile<'_>, definition: MacroDef, created_at: f64, validate_arguments: bool) -> Macro {
    let with_arguments = validate_arguments && !file.only_tests;
    let arguments = definition
        .params
        .iter()
        .filter(|_| with_arguments)
        .map(|param| MacroArgument { name: param.name.clone(), ..MacroArgument::default() });
    Macro {
        unique_id: definition.unique_id.clone(),
        name: definition.name.clone(),
        package_name: file.package.to_owned(),
        path: file.path.clone(),
        original_file_path: file.path.clone(),
        depends_on: Vec::new(),
        description: String::new(),
        meta: JsonMap::new(),
        config: usual_config(),
        docs: shared_docs(),
        patch_path: None,
        arguments: arguments.collect(),
        created_at,
        supported_languages: definition.supported_languages.clone(),
        definition: Arc::new(definition),
    }
}

/// `{show: true, node_color: null}`
pub fn shared_docs() -> SharedMap {
    static SHARED: OnceLock<SharedMap> = OnceLock::new();
    SHARED.get_or_init(|| shown_docs().into()).clone()
}

/// The configuration of a macro that no YAML describes.
fn usual_config() -> SharedMap {
    static USUAL: OnceLock<SharedMap> = OnceLock::new();
    let config = || {
        let (meta, docs) = (Json::Object(JsonMap::new()), Json::Object(shown_docs()));
        SharedMap::from(JsonMap::from_iter([("meta".to_owned(), meta), ("docs".to_owned(), docs)]))
    };
    USUAL.get_or_init(config).clone()
}

/// What [`shared_docs`] shares, as an object of its own.
pub fn shown_docs() -> JsonMap<String, Json> {
    JsonMap::from_iter([("show".to_owned(), json!(true)), ("node_color".to_owned(), Json::Null)])
}

fn duplicate(second: &Macro, first: &Macro) -> Error {
    let found =
        format!("dbt found multiple macros named \"{}\" in the project \"{}\".", second.name, second.package_name);
    Error::compilation(format!(
        "{}\n All macros require unique names, to fix this error rename or remove any\nduplicates. They can be found in \
         these files:\n    - {}\n    - {}",
        wrap(&found, 78),
        second.original_file_path,
        first.original_file_path
    ))
}

/// Registers every macro with the engine and gives the resolver of their names.
pub fn register(project: &Project, engine: &Engine, macros: &IdMap<Macro>) -> MacroResolver {
    for found in macros.values() {
        engine.add_macro(found.definition.clone());
    }
    MacroResolver::new(
        &project.root.name,
        project.root.dispatch.clone(),
        project.packages.keys().cloned(),
        macros.values().map(|found| (found.package_name.as_str(), found.name.as_str(), found.unique_id.as_str())),
    )
}

/// Fills `depends_on` of every macro.
///
/// # Errors
/// A macro dispatches to something that has no implementation.
pub fn find_calls(macros: &mut IdMap<Macro>, resolver: &MacroResolver) -> Result<()> {
    let called: Vec<Result<Vec<String>>> =
        macros.values().collect::<Vec<_>>().into_par_iter().map(|found| calls_of(found, resolver)).collect();
    for (found, called) in macros.values_mut().zip(called) {
        found.depends_on = called?;
    }
    Ok(())
}

fn calls_of(found: &Macro, resolver: &MacroResolver) -> Result<Vec<String>> {
    let mut called: Vec<String> = Vec::new();
    let mut add = |unique_id: Option<&Arc<str>>| {
        if let Some(unique_id) = unique_id
            && !called.iter().any(|known| **known == **unique_id)
        {
            called.push(unique_id.to_string());
        }
    };
    for call in &found.definition.calls {
        let (name, dispatch) = match call {
            StaticCall::Macro(name) => (name, None),
            StaticCall::Dispatch(dispatch) => (&dispatch.name, Some(dispatch)),
        };
        // A macro that dispatches to implementations of its own name does not call itself.
        if *name != found.name {
            let (package, name) = name.split_once('.').unwrap_or((&found.package_name, name));
            add(resolver.find_statically(package, name));
        }
        if let Some(dispatch) = dispatch {
            add(Some(resolver.dispatch_statically(&dispatch.name, dispatch.namespace.as_deref())?));
        }
    }
    Ok(called)
}
