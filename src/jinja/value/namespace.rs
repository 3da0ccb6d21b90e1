//! Jinja2's `namespace`: the one object whose attributes `set` can assign.

use std::fmt;
use std::sync::{Arc, RwLock};

use indexmap::IndexMap;
use minijinja::value::{Enumerator, Object, Value};

use super::super::undefined::no_element;
use super::dict::push_pairs;
use super::{read, write};

/// A namespace.
#[derive(Debug)]
pub(crate) struct Namespace(RwLock<IndexMap<Arc<str>, Value>>);

impl Namespace {
    pub fn of(attributes: impl IntoIterator<Item = (Arc<str>, Value)>) -> Value {
        Value::from_object(Namespace(RwLock::new(attributes.into_iter().collect())))
    }

    pub fn set(&self, name: &str, value: Value) {
        write(&self.0).insert(name.into(), value);
    }
}

impl Object for Namespace {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let found = key.as_str().and_then(|name| read(&self.0).get(name).cloned());
        found.or_else(|| Some(no_element("jinja2.utils.Namespace object", key)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(read(&self.0).keys().map(|key| Value::from(key.clone())).collect())
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<_> =
            read(&self.0).iter().map(|(key, value)| (Value::from(key.clone()), value.clone())).collect();
        let mut out = String::from("<Namespace ");
        push_pairs(&mut out, &pairs);
        out.push('>');
        f.write_str(&out)
    }
}
