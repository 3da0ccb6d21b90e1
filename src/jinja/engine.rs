//! The engine: all templates and macros of one process run.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error as MjError, Output, State, UndefinedBehavior};

use super::error::{JinjaError, JinjaErrorKind, Place, SyntaxFailure, fold};
use super::functions::BeforeCall;
use super::macros::MacroDef;
use super::proxy::{Called, MacroProxy, PendingCall};
use super::root::{Globals, Root, is_lenient};
use super::syntax::{Mode, Parser, SyntaxError, invoking_template, lower_macro, lower_template, normalize};
use super::undefined::Leniency;
use super::value::{CallArgs, Function, py_str, read, required, text_of, write};
use super::{checks, filters, functions, native, value};

/// Parses YAML text to a value, for `fromyaml`.
pub type YamlParse = fn(&str) -> Result<Value, MjError>;
/// Prints a value as YAML, for `toyaml`; the flag sorts keys.
pub type YamlPrint = fn(&Value, bool) -> Result<String, MjError>;

/// How deep macros may call each other before we say what Python says; dbt itself gets about as far.
const RECURSION_LIMIT: usize = 1200;

/// The key of the template that makes a pending call.
const CALL_KEY: &str = "call:";

struct Template {
    path: String,
    source: Arc<str>,
}

#[derive(Clone)]
enum Source {
    Template(Arc<Template>),
    Macro(Arc<MacroProxy>),
    /// A string that was rendered once and may come again: a hook, a value of a YAML file, a call from outside.
    Text(Arc<str>, Mode),
    /// The template that makes a pending call.
    Call,
}

#[derive(Default)]
struct Sources {
    /// By the name that the environment knows.
    by_key: HashMap<Arc<str>, Source>,
    /// The current key of names that were added more than once.
    keys: HashMap<String, Arc<str>>,
}

impl Sources {
    /// A key for a name; a name that was there before gets a new one, because the environment keeps what it compiled.
    fn key_for(&mut self, name: &str) -> Arc<str> {
        let first: Arc<str> = name.into();
        if !self.by_key.contains_key(&first) {
            return first;
        }
        let next: Arc<str> = format!("{name}#{}", self.by_key.len()).into();
        self.keys.insert(name.to_owned(), next.clone());
        next
    }

    fn key(&self, name: &str) -> Option<Arc<str>> {
        self.keys.get(name).or_else(|| self.by_key.get_key_value(name).map(|(key, _)| key)).cloned()
    }

    fn get(&self, name: &str) -> Option<&Source> {
        self.by_key.get(&self.key(name)?)
    }
}

/// A render's text and what it called.
#[derive(Debug)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// The unique ids of the macros that the template itself called, in order, each once: dbt's `depends_on.macros`.
    pub macros: Vec<Arc<str>>,
}

/// All templates and macros of one process run, shared between threads.
///
/// Sources are only stored when they are added; each is lowered and compiled on its first use.
pub struct Engine {
    env: Environment<'static>,
    sources: Arc<RwLock<Sources>>,
    globals: Arc<Globals>,
}

impl Default for Engine {
    fn default() -> Self {
        Engine::new()
    }
}

impl Engine {
    /// An engine with the dialect's filters, tests and functions and no templates.
    pub fn new() -> Self {
        let sources: Arc<RwLock<Sources>> = Arc::default();
        let mut env = Environment::empty();
        env.set_debug(false);
        env.set_undefined_behavior(UndefinedBehavior::Lenient);
        env.set_recursion_limit(RECURSION_LIMIT);
        env.set_auto_escape_callback(|_| AutoEscape::None);
        env.set_unknown_method_callback(value::unknown_method);
        env.set_formatter(print_value);
        if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
            env.set_syntax(syntax);
        }
        filters::install(&mut env);
        checks::install(&mut env);
        let loader = sources.clone();
        env.set_loader(move |name| load(&loader, name));
        Engine { env, sources, globals: Arc::new(functions::globals().into_iter().collect()) }
    }

    /// Gives `fromyaml` and `toyaml` their reader and writer.
    pub fn with_yaml(mut self, parse: YamlParse, print: YamlPrint) -> Self {
        let globals = Arc::make_mut(&mut self.globals);
        globals.insert("fromyaml", fromyaml(parse));
        globals.insert("toyaml", toyaml(print));
        self
    }

    /// Has `before` run before each call of a function of `modules.itertools`.
    pub fn with_itertools(mut self, before: &BeforeCall) -> Self {
        Arc::make_mut(&mut self.globals).insert("modules", functions::modules(Some(before)));
        self
    }

    /// The functions and modules that every template has besides what its root knows.
    pub fn globals(&self) -> impl Iterator<Item = (&'static str, Value)> {
        self.globals.iter().map(|(name, value)| (*name, value.clone()))
    }

    /// One of them.
    pub fn global(&self, name: &str) -> Option<Value> {
        self.globals.get(name).cloned()
    }

    /// Adds a template under `name`; `path` stands in errors. The same text again keeps what is compiled.
    pub fn add_template(&self, name: &str, path: &str, source: Arc<str>) {
        let mut sources = write(&self.sources);
        if matches!(sources.get(name), Some(Source::Template(known)) if known.source == source && known.path == path) {
            return;
        }
        let key = sources.key_for(name);
        sources.by_key.insert(key, Source::Template(Arc::new(Template { path: path.to_owned(), source })));
    }

    /// Adds a macro under its unique id.
    pub fn add_macro(&self, def: Arc<MacroDef>) {
        let mut sources = write(&self.sources);
        let key = sources.key_for(&def.unique_id);
        sources.by_key.insert(key.clone(), Source::Macro(Arc::new(MacroProxy::new(def, key))));
    }

    /// The macro as a value that any render of this engine can call.
    pub fn macro_proxy(&self, unique_id: &str) -> Option<Value> {
        match read(&self.sources).get(unique_id)? {
            Source::Macro(proxy) => Some(Value::from_dyn_object(proxy.clone())),
            _ => None,
        }
    }

    /// The file that defines a macro.
    pub fn macro_path(&self, unique_id: &str) -> Option<String> {
        match read(&self.sources).get(unique_id)? {
            Source::Macro(proxy) => Some(proxy.def.path.clone()),
            _ => None,
        }
    }

    /// Lowers and compiles a template or macro that was added, which its first use would do otherwise.
    ///
    /// # Errors
    /// It cannot be parsed, or was never added.
    pub fn compile(&self, name: &str) -> Result<(), JinjaError> {
        let key = read(&self.sources).key(name).unwrap_or_else(|| name.into());
        self.env.get_template(&key).map(|_| ()).map_err(|error| self.fold(&error, name))
    }

    /// Renders a template that was added; `root` resolves names.
    ///
    /// # Errors
    /// The template cannot be parsed or fails while rendering.
    pub fn render(&self, name: &str, root: Value) -> Result<String, JinjaError> {
        self.render_tracked(name, root).map(|rendered| rendered.text)
    }

    /// Renders a template that was added, and says which macros it called.
    ///
    /// # Errors
    /// The template cannot be parsed or fails while rendering.
    pub fn render_tracked(&self, name: &str, root: Value) -> Result<Rendered, JinjaError> {
        let Some((key, template)) = self.template(name) else {
            let message = format!("the template `{name}` was never added to the engine");
            return Err(JinjaError::new(JinjaErrorKind::Runtime, message));
        };
        if !has_tags(&template.source) {
            return Ok(Rendered { text: template.source.to_string(), macros: Vec::new() });
        }
        let compiled = self.env.get_template(&key).map_err(|error| self.fold(&error, &template.path))?;
        let _leniency = Leniency::set(is_lenient(&root));
        let called = Arc::new(Called::default());
        let root = Root::value(root, self.globals.clone(), None, called.clone());
        let captured =
            compiled.render_captured(root).map_err(|error| self.fold(&error, &template.path).after(&called))?;
        Ok(Rendered { text: captured.into_output(), macros: called.take() })
    }

    /// A template with its key. Under one guard: a thread that reads twice while another waits to write waits forever.
    fn template(&self, name: &str) -> Option<(Arc<str>, Arc<Template>)> {
        let sources = read(&self.sources);
        match (sources.key(name)?, sources.get(name)?) {
            (key, Source::Template(template)) => Some((key, template.clone())),
            _ => None,
        }
    }

    /// Renders a string: hooks, values of YAML files.
    ///
    /// # Errors
    /// The source cannot be parsed or fails while rendering.
    pub fn render_str(&self, source: &str, path: &str, root: Value) -> Result<String, JinjaError> {
        self.render_str_tracked(source, path, root).map(|rendered| rendered.text)
    }

    /// Renders a string, and says which macros it called.
    ///
    /// # Errors
    /// As [`Engine::render_str`].
    pub fn render_str_tracked(&self, source: &str, path: &str, root: Value) -> Result<Rendered, JinjaError> {
        if !has_tags(source) {
            return Ok(Rendered { text: source.to_owned(), macros: Vec::new() });
        }
        let key = self.text_key(source, Mode::Text);
        let (text, macros) = self.one_off(&key, path, root, None, |_, text| Ok(text))?;
        Ok(Rendered { text, macros })
    }

    /// Renders a string to a value, with dbt's native types (`as_bool`, `as_number`, `as_native`, `as_text`).
    ///
    /// # Errors
    /// The source cannot be parsed, fails while rendering, or does not convert to the type asked for.
    pub fn render_native(&self, source: &str, path: &str, root: Value) -> Result<Value, JinjaError> {
        self.render_native_tracked(source, path, root).map(|(value, _)| value)
    }

    /// As [`Engine::render_native`], and says which macros the string called.
    ///
    /// # Errors
    /// As [`Engine::render_native`].
    pub fn render_native_tracked(
        &self,
        source: &str,
        path: &str,
        root: Value,
    ) -> Result<(Value, Vec<Arc<str>>), JinjaError> {
        if !has_tags(source) {
            return Ok((Value::from(normalize(source)), Vec::new()));
        }
        let key = self.text_key(source, Mode::Native);
        self.one_off(&key, path, root, None, |state, text| native::finish(state, &text))
    }

    /// Calls a macro: the value it passes to `return`, else what it renders.
    ///
    /// # Errors
    /// There is no such macro, its arguments do not fit, or it fails.
    pub fn call_macro(
        &self,
        unique_id: &str,
        args: Vec<Value>,
        kwargs: Vec<(String, Value)>,
        root: Value,
    ) -> Result<Value, JinjaError> {
        self.call_macro_tracked(unique_id, args, kwargs, root).map(|(value, _)| value)
    }

    /// As [`Engine::call_macro`], and gives the unique ids of the macros that the macro itself called.
    ///
    /// # Errors
    /// As [`Engine::call_macro`].
    pub fn call_macro_tracked(
        &self,
        unique_id: &str,
        args: Vec<Value>,
        kwargs: Vec<(String, Value)>,
        root: Value,
    ) -> Result<(Value, Vec<Arc<str>>), JinjaError> {
        let Some(callee) = self.macro_proxy(unique_id) else {
            let message = format!("the macro `{unique_id}` was never added to the engine");
            return Err(JinjaError::new(JinjaErrorKind::Runtime, message));
        };
        self.call_value_tracked(&callee, args, kwargs, root)
    }

    /// Calls any callable value, for example a macro that a dispatch found, outside of a template.
    ///
    /// # Errors
    /// The arguments do not fit, or the call fails.
    pub fn call_value(
        &self,
        callee: &Value,
        args: Vec<Value>,
        kwargs: Vec<(String, Value)>,
        root: Value,
    ) -> Result<Value, JinjaError> {
        self.call_value_tracked(callee, args, kwargs, root).map(|(value, _)| value)
    }

    fn call_value_tracked(
        &self,
        callee: &Value,
        args: Vec<Value>,
        kwargs: Vec<(String, Value)>,
        root: Value,
    ) -> Result<(Value, Vec<Arc<str>>), JinjaError> {
        let named = kwargs.into_iter().map(|(name, value)| (name.into(), value)).collect();
        let args = CallArgs { pos: args, named }.join();
        let pending = Arc::new(PendingCall { callee: callee.clone(), args, result: std::sync::Mutex::default() });
        let held = Value::from_dyn_object(pending.clone());
        let key = self.keep(CALL_KEY, || Source::Call);
        let ((), called) = self.one_off(&key, "", root, Some(held), |_, _| Ok(()))?;
        Ok((pending.result.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default(), called))
    }

    /// The key of a string, so that it is compiled once however often it is rendered.
    fn text_key(&self, source: &str, mode: Mode) -> Arc<str> {
        let name = match mode {
            Mode::Text => format!("text:{source}"),
            Mode::Native => format!("native:{source}"),
        };
        self.keep(&name, || Source::Text(source.into(), mode))
    }

    fn keep(&self, name: &str, source: impl FnOnce() -> Source) -> Arc<str> {
        if let Some((key, _)) = read(&self.sources).by_key.get_key_value(name) {
            return key.clone();
        }
        let key: Arc<str> = name.into();
        write(&self.sources).by_key.entry(key.clone()).or_insert_with(source);
        key
    }

    /// Renders what is kept under `key`; gives what `finish` makes of it, and the macros that it called.
    fn one_off<T>(
        &self,
        key: &str,
        path: &str,
        root: Value,
        pending: Option<Value>,
        finish: impl FnOnce(&State<'_, '_>, String) -> Result<T, MjError>,
    ) -> Result<(T, Vec<Arc<str>>), JinjaError> {
        let called = Arc::new(Called::default());
        let fail = |error: MjError| self.fold(&error, path).after(&called);
        let template = self.env.get_template(key).map_err(fail)?;
        let _leniency = Leniency::set(is_lenient(&root));
        let root = Root::value(root, self.globals.clone(), pending, called.clone());
        let mut captured = template.render_captured(root).map_err(fail)?;
        let mut text = captured.output().to_owned();
        let finished = captured.with_state_mut(|state| finish(state, std::mem::take(&mut text))).map_err(fail)?;
        Ok((finished, called.take()))
    }

    fn fold(&self, error: &MjError, path: &str) -> JinjaError {
        fold(error, path, |name| match read(&self.sources).get(name)? {
            Source::Template(template) => {
                Some(Place { name: None, package: None, path: template.path.clone(), line: 1 })
            }
            Source::Macro(proxy) => Some(Place {
                name: Some(proxy.def.name.clone()),
                package: Some(proxy.def.package.clone()),
                path: proxy.def.path.clone(),
                line: proxy.def.line,
            }),
            Source::Text(..) | Source::Call => None,
        })
    }
}

/// dbt renders only what has a Jinja delimiter in it (`_HAS_RENDER_CHARS_PAT`).
fn has_tags(source: &str) -> bool {
    source.as_bytes().windows(2).any(|pair| matches!(pair, [b'{', b'{' | b'%' | b'#'] | [b'#' | b'}' | b'%', b'}']))
}

fn lower(source: &str, mode: Mode) -> Result<String, SyntaxError> {
    let source = normalize(source);
    lower_template(&Parser::new(&source)?.template()?, mode)
}

/// What the environment asks for a template that it has not compiled yet.
fn load(sources: &RwLock<Sources>, name: &str) -> Result<Option<String>, MjError> {
    let Some(source) = read(sources).by_key.get(name).cloned() else { return Ok(None) };
    let (text, result) = match &source {
        Source::Template(template) => (&template.source, lower(&template.source, Mode::Text)),
        Source::Macro(proxy) => (&proxy.def.source, lower_proxy(proxy)),
        Source::Text(text, mode) => (text, lower(text, *mode)),
        Source::Call => return Ok(Some(invoking_template())),
    };
    result.map(Some).map_err(|error| SyntaxFailure::wrap(&error, text))
}

fn lower_proxy(proxy: &MacroProxy) -> Result<String, SyntaxError> {
    let source = normalize(&proxy.def.source);
    let body = Parser::new(&source)?.template()?;
    let found = body.iter().find_map(|stmt| stmt.as_macro().map(|node| (node, stmt.line)));
    let (node, line) = found.ok_or_else(|| SyntaxError::new("this block defines no macro", 1))?;
    let lowered = lower_macro(node, line)?;
    let _ = proxy.signature.set(lowered.signature);
    Ok(lowered.text)
}

fn print_value(out: &mut Output<'_>, _state: &mut State<'_, '_>, value: &Value) -> Result<(), MjError> {
    match text_of(value) {
        Some(text) => out.write_str(text)?,
        None => out.write_str(&py_str(value))?,
    }
    Ok(())
}

fn fromyaml(parse: YamlParse) -> Value {
    Function::new("BaseContext.fromyaml", move |_, args| {
        let [text, default] = args.bind("BaseContext.fromyaml", ["value", "default"])?;
        let text = required(text, "BaseContext.fromyaml", "value")?;
        let parsed = text.as_str().map(parse);
        Ok(match parsed {
            Some(Ok(value)) => value,
            _ => default.unwrap_or_else(|| Value::from(())),
        })
    })
}

fn toyaml(print: YamlPrint) -> Value {
    Function::new("BaseContext.toyaml", move |_, args| {
        let [value, default, sort] = args.bind("BaseContext.toyaml", ["value", "default", "sort_keys"])?;
        let value = required(value, "BaseContext.toyaml", "value")?;
        let printed = print(&value, sort.is_some_and(|flag| flag.is_true()));
        Ok(printed.map_or_else(|_| default.unwrap_or_else(|| Value::from(())), Value::from))
    })
}
