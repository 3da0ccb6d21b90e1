//! Renders template snippets and compares with what dbt's Jinja2 made of them.
//!
//! Our own cases in `tests/data/jinja/` always run. A larger set of cases is read from `../shared/jinja_cases/cases.json`
//! beside the repository (or from the file that `RDBT_JINJA_CASES` names) when it is present.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rdbt::jinja::blocks::{self, BlockType};
use rdbt::jinja::value::{CallArgs, Dict, Function, List, dates, from_json, py_repr, py_str, to_json, type_name};
use rdbt::jinja::{Engine, JinjaError, JinjaErrorKind, LENIENT_KEY, MjError, PyError, Value, macros_in_file};
use rdbt::yaml;
use serde_json::Value as Json;

fn parse_yaml(text: &str) -> Result<Value, MjError> {
    let node = yaml::parse(text, "").map_err(|error| PyError::value_error(error.to_string()))?;
    Ok(from_json(&yaml::to_json(&node.value)))
}

fn print_yaml(value: &Value, sort_keys: bool) -> Result<String, MjError> {
    Ok(yaml::dump(&yaml::from_json(to_json(value)?), yaml::DumpOptions { sort_keys }))
}

fn host_functions(root: &Dict) {
    let empty = |_: &mut rdbt::jinja::State<'_, '_>, _: CallArgs| Ok(Value::from(""));
    root.set("log", Function::new("log", empty));
    root.set("run_query", Function::new("run_query", |_, _| Ok(List::new(Vec::new()))));
    root.set(
        "raise_error",
        Function::new("raise_error", |_, args| {
            Err(PyError::raise(rdbt::jinja::PyErrorKind::Compilation, args.pos[0].to_string()))
        }),
    );
    let day = chrono::NaiveDate::from_ymd_opt(2020, 1, 2).expect("a valid date");
    root.set("dt", dates::DateTime::new(day.and_time(chrono::NaiveTime::MIN), None).value());
}

fn run(case: &Json) -> Result<String, JinjaError> {
    let engine = Engine::new().with_yaml(parse_yaml, print_yaml);
    let context = from_json(&case["context"]);
    let root = if context.is_none() { Dict::new() } else { context };
    let names = root.downcast_object_ref::<Dict>().expect("the context is an object");
    host_functions(names);
    if case["lenient"].as_bool() == Some(true) {
        names.set(LENIENT_KEY, Value::from(true));
    }
    if let Some(source) = case["macros"].as_str() {
        let found = blocks::extract(source, "macros/m.sql", &[BlockType::Macro])?;
        let defs = macros_in_file(source, "macros/m.sql", "pkg")?;
        for (block, def) in found.iter().zip(defs) {
            let id = def.unique_id.clone();
            engine.add_macro(Arc::new(def));
            names.set(&block.name, engine.macro_proxy(&id).expect("the macro was added"));
        }
    }
    for (name, source) in case["templates"].as_object().into_iter().flatten() {
        engine.add_template(name, name, source.as_str().unwrap_or_default().into());
    }
    let template = case["template"].as_str().unwrap_or_default();
    if case["native"].as_bool() == Some(true) {
        let value = engine.render_native(template, "case", root)?;
        return Ok(format!("{}:{}", type_name(&value), py_repr(&value)));
    }
    if !template.contains('{') {
        // The cases went through Jinja2 itself; dbt, and so `render_str`, leaves text without tags as it is.
        return engine.render_native(template, "case", root).map(|value| py_str(&value));
    }
    engine.render_str(template, "case", root)
}

/// Addresses of objects differ from run to run.
fn without_addresses(text: &str) -> String {
    let mut parts = text.split("0x");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + "0x" + part.trim_start_matches(|c: char| c.is_ascii_hexdigit()))
}

/// dbt's message for an error, without its heading.
fn message(error: &JinjaError) -> String {
    error.full_message(Some("<Unknown>"))
}

fn check(case: &Json) -> Option<String> {
    let (id, template) = (&case["id"], &case["template"]);
    let fails = case["expected_error"].as_bool() == Some(true);
    let outcome = run(case);
    let wanted = case["expected"].as_str().unwrap_or_default();
    match outcome {
        Ok(text) if !fails && without_addresses(&text) == without_addresses(wanted) => None,
        Ok(text) => Some(format!("{id} {template}\n  wanted {wanted:?}\n  got    {text:?}")),
        Err(error) if fails => case["message"]
            .as_str()
            .filter(|wanted| *wanted != message(&error))
            .map(|wanted| format!("{id} {template}\n  wanted error {wanted:?}\n  got    error {:?}", message(&error))),
        Err(error) => {
            Some(format!("{id} {template}\n  wanted {wanted:?}\n  failed {:?} ({:?})", message(&error), error.kind))
        }
    }
}

fn run_file(path: &Path) -> (usize, Vec<String>) {
    let text = std::fs::read_to_string(path).expect("the case file can be read");
    let cases: Vec<Json> = serde_json::from_str(&text).expect("the case file is a JSON list");
    (cases.len(), cases.iter().filter_map(check).collect())
}

fn assert_all_pass(path: &Path) {
    let (count, failures) = run_file(path);
    assert!(
        failures.is_empty(),
        "{} of {count} cases of {} failed:\n{}",
        failures.len(),
        path.display(),
        failures.join("\n")
    );
}

#[test]
fn shared_cases() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/jinja_cases/cases.json");
    let path = std::env::var_os("RDBT_JINJA_CASES").map_or(beside, PathBuf::from);
    if !path.exists() {
        eprintln!("shared Jinja cases: not present at {}", path.display());
        return;
    }
    assert_all_pass(&path);
}

#[test]
fn own_cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/jinja");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the folder of cases").map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    assert!(!files.is_empty(), "there are no cases of our own");
    for path in files {
        assert_all_pass(&path);
    }
}

#[test]
fn errors_know_where_and_what() {
    let engine = Engine::new();
    let error = engine.render_str("a\n{{ missing_macro(1) }}", "models/a.sql", Dict::new()).expect_err("it must fail");
    assert_eq!(error.kind, JinjaErrorKind::UndefinedMacro);
    assert_eq!(error.undefined_name.as_deref(), Some("missing_macro"));
    assert_eq!((error.path.as_deref(), error.line), (Some("models/a.sql"), Some(2)));
}
