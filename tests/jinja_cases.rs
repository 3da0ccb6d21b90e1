//! Renders template snippets and compares with what dbt's Jinja2 made of them.
//!
//! Our own cases in `tests/data/jinja/` always run. A larger set of cases is read from `../shared/jinja_cases/cases.json`
//! beside the repository (or from the file that `RDBT_JINJA_CASES` names) when it is present.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rdbt::jinja::blocks::{self, BlockType};
use rdbt::jinja::static_calls::DispatchCall;
use rdbt::jinja::value::{CallArgs, Dict, Function, List, dates, from_json, py_repr, py_str, to_json, type_name};
use rdbt::jinja::{
    Engine, JinjaError, JinjaErrorKind, LENIENT_KEY, MjError, PyError, StaticCall, Value, macros_in_file, static_calls,
};
use rdbt::yaml;
use serde_json::Value as Json;

fn parse_yaml(text: &str) -> Result<Value, MjError> {
    let node = yaml::parse(text, "").map_err(|error| PyError::value_error(error.to_string()))?;
    Ok(from_json(&yaml::to_json(&node.value)))
}

fn print_yaml(value: &Value, sort_keys: bool) -> Result<String, MjError> {
    Ok(yaml::dump(&yaml::from_json(to_json(value)?), yaml::DumpOptions { sort_keys, ..Default::default() }))
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
        let defs = macros_in_file(source, "macros/m.sql", "pkg")?.macros;
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
        // Straight to stderr, which the test runner does not swallow.
        let _ = writeln!(std::io::stderr(), "shared Jinja cases: not present at {}", path.display());
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

fn engine_with(macros: &str) -> (Engine, Value) {
    let engine = Engine::new();
    let root = Dict::new();
    let names = root.downcast_object_ref::<Dict>().expect("a dict");
    for def in macros_in_file(macros, "macros/m.sql", "pkg").expect("the macros parse").macros {
        let (name, id) = (def.name.clone(), def.unique_id.clone());
        engine.add_macro(Arc::new(def));
        names.set(&name, engine.macro_proxy(&id).expect("the macro was added"));
    }
    (engine, root)
}

#[test]
fn a_render_knows_which_macros_it_called_itself() {
    let (engine, root) = engine_with(
        "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}b{% endmacro %}{% macro c() %}{{ caller() }}{% endmacro %}",
    );
    engine.add_template("model.x", "models/x.sql", "{{ a() }}{% call c() %}{{ b() }}{% endcall %}{{ a() }}".into());
    let rendered = engine.render_tracked("model.x", root).expect("it renders");
    assert_eq!(rendered.text, "bbb");
    assert_eq!(rendered.macros.iter().map(|id| &**id).collect::<Vec<_>>(), ["macro.pkg.a", "macro.pkg.c"]);
}

#[test]
fn macros_can_be_called_from_outside() {
    let (engine, root) = engine_with("{% macro m(a, b=[]) %}{{ return([a, b, kwargs]) }}{% endmacro %}");
    let kwargs = vec![("z".to_owned(), Value::from(3))];
    let value = engine.call_macro("macro.pkg.m", vec![Value::from(1)], kwargs, root).expect("it runs");
    assert_eq!(py_repr(&value), "[1, [], {'z': 3}]");
}

#[test]
fn a_template_that_is_added_again_replaces_the_first() {
    let engine = Engine::new();
    engine.add_template("t", "t.sql", "{{ 1 }}".into());
    assert_eq!(engine.render("t", Dict::new()).expect("it renders"), "1");
    engine.add_template("t", "t.sql", "{{ 2 }}".into());
    assert_eq!(engine.render("t", Dict::new()).expect("it renders"), "2");
}

#[test]
fn endless_recursion_is_an_error() {
    let (engine, root) = engine_with("{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}");
    let error = engine.render_str("{{ m(1) }}", "x", root).expect_err("it must fail");
    assert_eq!(error.message, "maximum recursion depth exceeded");
}

#[test]
fn many_threads_share_an_engine() {
    let (engine, _) = engine_with("{% macro m(n) %}{{ n * 2 }}{% endmacro %}");
    std::thread::scope(|scope| {
        for n in 0..8 {
            let engine = &engine;
            scope.spawn(move || {
                let proxy = engine.macro_proxy("macro.pkg.m").expect("the macro was added");
                for _ in 0..50 {
                    let root = Dict::from_pairs([("m", proxy.clone()), ("n", Value::from(n))]);
                    let text = engine.render_str("{{ m(n) }}", "x", root).expect("it renders");
                    assert_eq!(text, (n * 2).to_string());
                }
            });
        }
    });
}

#[test]
fn files_are_split_as_dbt_splits_them() {
    let source = "text {%- macro a(x, y=1, z: string='q') -%} {{ x }} {%- endmacro -%}  more {{ '{% macro no() %}' }}\n\
         {# {% macro never() %} #}{% raw %}{% macro raw() %}{% endraw %}\n\
         {% materialization m, adapter='duckdb', supported_languages=['sql', 'python'] %}x{% endmaterialization %}\n\
         {% test t(model) %}select 1{% endtest %}";
    let defs = macros_in_file(source, "m.sql", "pkg").expect("the file parses").macros;
    let names: Vec<&str> = defs.iter().map(|def| def.name.as_str()).collect();
    assert_eq!(names, ["a", "materialization_m_duckdb", "test_t"]);
    assert_eq!(&*defs[0].source, " {%- macro a(x, y=1, z: string='q') -%} {{ x }} {%- endmacro -%}  ");
    assert_eq!(defs[0].params[1].default.as_deref(), Some("1"));
    assert_eq!(defs[0].params[2].annotation.as_deref(), Some("string"));
    assert_eq!(defs[1].supported_languages.as_deref(), Some(&["sql".to_owned(), "python".to_owned()][..]));
    assert_eq!(defs.iter().map(|def| def.line).collect::<Vec<_>>(), [1, 3, 4]);
}

#[test]
fn calls_are_found_without_rendering() {
    let source = "{% macro m() %}{{ config(a=1) }}{{ ref('x') }}{% if cond(1) %}{{ pkg.m(inner()) }}{% endif %}\
         {{ adapter.dispatch('d', 'ns')(x) }}{{ adapter.get_columns(y) }}{{ cond(2) }}{% endmacro %}";
    let file = macros_in_file(source, "macros/m.sql", "shop").expect("the macro can be parsed");
    let dispatch = StaticCall::Dispatch(DispatchCall { name: "d".to_owned(), namespace: Some("ns".to_owned()) });
    let [cond, other, inner] = ["cond", "pkg.m", "inner"].map(|name| StaticCall::Macro(name.to_owned()));
    assert_eq!(file.macros[0].calls, [cond, other, inner, dispatch]);
}

/// What dbt's `statically_parse_unrendered_config` made of each kind of expression.
#[test]
fn configurations_are_written_unrendered() {
    let case: Json = serde_json::from_str(include_str!("data/unrendered_config.json")).expect("the case is JSON");
    let source = case["source"].as_str().expect("the source is a text");
    let found = static_calls::unrendered_config(source).expect("there is a config");
    let expected: Vec<(String, String)> = case["expected"]
        .as_object()
        .expect("the expectation is an object")
        .iter()
        .map(|(name, text)| (name.clone(), text.as_str().unwrap_or_default().to_owned()))
        .collect();
    assert_eq!(found, expected);
}
