//! Macros as values that a template can call.
//!
//! A macro must run in the state of the render that calls it: it sees that render's root, and `caller()` works across
//! packages. On its first call in a render, the proxy has a small macro that every template declares import the real
//! one into the state; from then on it is called directly.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use indexmap::IndexSet;
use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error as MjError, State};

use super::error::{FrameError, MacroFrame, PyError, ReturnSignal};
use super::macros::MacroDef;
use super::syntax::{Default as ParamDefault, MACRO_NAME, Signature};
use super::undefined::{Leniency, is_undefined};
use super::value::py_str;

/// What a render knows of macros.
#[derive(Default)]
struct Loaded {
    trampoline: Option<Value>,
    macros: HashMap<Arc<str>, Value>,
    depth: u32,
    /// Calls are noted at this depth: those of the template itself, or those of the macro that is called from outside.
    noted_depth: u32,
}

/// The macros that a render called directly, in order: what dbt notes in `depends_on.macros`. The root holds it, so that
/// it outlives a render that fails: dbt keeps what was called until then. After a call from outside they are those that
/// the called macro itself called.
#[derive(Debug, Default)]
pub(super) struct Called(Mutex<IndexSet<Arc<str>>>);

impl Object for Called {}

impl Called {
    fn note(&self, unique_id: &Arc<str>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(unique_id.clone());
    }

    /// Takes the unique ids.
    pub fn take(&self) -> Vec<Arc<str>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }
}

/// The name under which the root holds the macros that a render called.
pub(super) const CALLED_KEY: &str = "__called";

/// A macro and what is learnt about it when it is compiled.
#[derive(Debug)]
pub(super) struct MacroProxy {
    pub def: Arc<MacroDef>,
    /// The name of its template in the environment.
    pub key: Arc<str>,
    /// How its arguments are bound: known once it is lowered.
    pub signature: OnceLock<Signature>,
    unique_id: Arc<str>,
    label: String,
}

impl MacroProxy {
    pub fn new(def: Arc<MacroDef>, key: Arc<str>) -> MacroProxy {
        let label = format!("dbt_macro__{}", def.name);
        let unique_id = def.unique_id.as_str().into();
        MacroProxy { def, key, signature: OnceLock::new(), unique_id, label }
    }

    fn frame(&self, error: MjError) -> MjError {
        FrameError::wrap(MacroFrame { name: self.def.name.clone(), path: self.def.path.clone() }, error)
    }

    /// The macro of this render, imported when this is its first call.
    fn load(&self, state: &mut State<'_, '_>) -> Result<Value, MjError> {
        let loaded = state.get_or_insert_extension_with(Loaded::default);
        if let Some(found) = loaded.macros.get(&self.key) {
            return Ok(found.clone());
        }
        let missing = || PyError::type_error(format!("the macro '{}' cannot be called here", self.def.name));
        let trampoline = loaded.trampoline.clone().ok_or_else(missing)?;
        trampoline.call(state, &[Value::from(self.key.clone())])?;
        let loaded = state.get_or_insert_extension_with(Loaded::default);
        loaded.macros.get(&self.key).cloned().ok_or_else(missing)
    }

    fn run(&self, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        let target = self.load(state)?;
        let bound = match self.signature.get() {
            Some(signature) => signature.bind(&self.label, args)?,
            None => args.to_vec(),
        };
        target.call(state, &bound)
    }
}

impl Object for MacroProxy {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == "name").then(|| Value::from(self.def.name.as_str()))
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        let loaded = state.get_or_insert_extension_with(Loaded::default);
        let is_noted = loaded.depth == loaded.noted_depth;
        loaded.depth += 1;
        if is_noted && let Some(called) = state.lookup(CALLED_KEY) {
            called.downcast_object_ref::<Called>().into_iter().for_each(|called| called.note(&self.unique_id));
        }
        let _strict = Leniency::set(false);
        let result = self.run(state, args);
        if let Some(loaded) = state.get_extension_mut::<Loaded>() {
            loaded.depth -= 1;
        }
        result.or_else(|error| match ReturnSignal::find(&error) {
            Some(value) => Ok(value),
            None => Err(self.frame(error)),
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<dbt.clients.jinja.MacroGenerator object at {:p}>", Arc::as_ptr(self))
    }
}

/// Whether a value is a macro.
pub(super) fn is_macro(value: &Value) -> bool {
    value.downcast_object_ref::<MacroProxy>().is_some() || value.downcast_object_ref::<LocalMacro>().is_some()
}

/// Remembers the macro that imports others into this render.
pub(super) fn boot(state: &mut State<'_, '_>, load: &Value) -> Result<Value, MjError> {
    let loaded = state.get_or_insert_extension_with(Loaded::default);
    loaded.trampoline.get_or_insert_with(|| load.clone());
    Ok(Value::from(()))
}

/// Remembers a macro that was imported.
pub(super) fn keep(state: &mut State<'_, '_>, module: &Value, key: &Value) -> Result<Value, MjError> {
    let imported = module.get_attr(MACRO_NAME)?;
    let key = key.to_str().unwrap_or_default();
    if !is_undefined(&imported) {
        state.get_or_insert_extension_with(Loaded::default).macros.insert(key, imported);
    }
    Ok(Value::from(""))
}

/// A macro call from outside of any template, and its result.
#[derive(Debug)]
pub(super) struct PendingCall {
    pub callee: Value,
    pub args: Vec<Value>,
    pub result: Mutex<Option<Value>>,
}

impl Object for PendingCall {}

/// The name under which the root holds a pending call.
pub(super) const PENDING_KEY: &str = "__pending";

/// Runs the pending call of a render that consists of nothing else.
pub(super) fn invoke_pending(state: &mut State<'_, '_>) -> Result<Value, MjError> {
    let pending = state.lookup(PENDING_KEY).and_then(|value| value.downcast_object::<PendingCall>());
    let Some(pending) = pending else { return Ok(Value::from("")) };
    state.get_or_insert_extension_with(Loaded::default).noted_depth = 1;
    let result = pending.callee.call(state, &pending.args)?;
    *pending.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
    Ok(Value::from(""))
}

/// A macro that a template defines besides what it renders.
#[derive(Debug)]
struct LocalMacro {
    target: Value,
    name: String,
    signature: Signature,
}

/// Gives a macro of the template itself Jinja2's way with arguments.
pub(super) fn local(args: &[Value]) -> Result<Value, MjError> {
    let [target, name, varargs, kwargs, caller, params @ ..] = args else { return Ok(Value::UNDEFINED) };
    let params = params.chunks_exact(2).map(|pair| {
        let default = if pair[1].is_true() { ParamDefault::Required } else { ParamDefault::Computed };
        (py_str(&pair[0]), default)
    });
    let signature = Signature {
        params: params.collect(),
        varargs: varargs.is_true(),
        kwargs: kwargs.is_true(),
        caller: caller.is_true(),
    };
    Ok(Value::from_object(LocalMacro { target: target.clone(), name: py_str(name), signature }))
}

impl Object for LocalMacro {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        let bound = self.signature.bind(&self.name, args)?;
        self.target.call(state, &bound)
    }
}
