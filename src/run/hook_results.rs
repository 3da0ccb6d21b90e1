//! `results` of an `on-run-end` hook: what became of each node, as objects that answer as dbt's data classes do. Packages
//! that keep a log of runs read them by attribute (`result.node.unique_id`) and as dictionaries (`result.to_dict()`).

use std::fmt;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime as Moment, Timelike, Utc};
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::jinja::value::dates::{DateTime, Zone};
use crate::jinja::value::{CLASS_KEY, CallArgs, Class, List, from_json, py_repr, truth};
use crate::jinja::{ErrorKind, MjError, Object, ObjectRepr, State, Value};
use crate::manifest::{NodeKind, ResourceType};

use super::overloads::overloads_json;
use super::plan::Resource;
use super::results::{NodeResult, Status, Timing, batches_json, isoformat};
use super::session::Session;

/// The dictionary of an object: with every key, or (if the flag is set) without those that are null.
type AsDict = Box<dyn Fn(bool) -> Json + Send + Sync>;

/// An object of one of dbt's data classes.
struct DataObject {
    class: Class,
    /// Attributes that are more than their part of the dictionary: dates, other objects.
    own: Vec<(&'static str, Value)>,
    dict: AsDict,
    /// The dictionary with every key, made when an attribute is asked for first.
    whole: OnceLock<Value>,
    /// `to_msg_dict()`, for results.
    message: Option<Json>,
}

impl DataObject {
    fn value(class: Class, own: Vec<(&'static str, Value)>, dict: AsDict, message: Option<Json>) -> Value {
        Value::from_object(DataObject { class, own, dict, whole: OnceLock::new(), message })
    }

    fn whole(&self) -> &Value {
        self.whole.get_or_init(|| from_json(&(self.dict)(false)))
    }
}

impl fmt::Debug for DataObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.class.name)
    }
}

impl Object for DataObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        if name == CLASS_KEY {
            return Some(self.class.value());
        }
        let own = self.own.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        own.or_else(|| self.whole().get_item(key).ok().filter(|value| !value.is_undefined()))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, MjError> {
        match (method, &self.message) {
            ("to_dict", _) => {
                let [omit, _] = CallArgs::split(args).bind("to_dict", ["omit_none", "context"])?;
                Ok(from_json(&(self.dict)(omit.is_some_and(|omit| truth(&omit)))))
            }
            ("to_msg_dict", Some(message)) => Ok(from_json(message)),
            _ => Err(MjError::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dict = (self.dict)(false);
        let names = dict.as_object().into_iter().flat_map(JsonMap::keys);
        let shown = names.map(|name| {
            let value = self.get_value(&Value::from(name.as_str())).unwrap_or_default();
            format!("{name}={}", py_repr(&value))
        });
        write!(f, "{}({})", self.class.name, shown.collect::<Vec<_>>().join(", "))
    }
}

/// The object of one result.
pub(super) fn result_object(session: &Session, result: &Arc<NodeResult>) -> Value {
    let node = node_json(session, &result.resource);
    let mut own = vec![
        ("timing", List::new(result.timing.iter().map(timing_object).collect())),
        ("node", node_object(&result.resource, node.clone())),
        ("skipped", Value::from(result.status == Status::Skipped)),
    ];
    let source = matches!(result.resource, Resource::Source(_));
    let class = match (&result.freshness, source) {
        (Some(freshness), _) => {
            own.push(("max_loaded_at", aware(freshness.max_loaded_at)));
            own.push(("snapshotted_at", aware(freshness.snapshotted_at)));
            Class::new("dbt.artifacts.schemas.freshness.v3.freshness", "SourceFreshnessResult")
        }
        (None, true) => Class::new("dbt.artifacts.schemas.freshness.v3.freshness", "PartialSourceFreshnessResult"),
        (None, false) => Class::new("dbt.artifacts.schemas.run.v5.run", "RunResult"),
    };
    let message = message_json(result);
    let result = result.clone();
    let dict = Box::new(move |omit| result_json(&result, node(omit), omit));
    DataObject::value(class, own, dict, Some(message))
}

/// `to_dict()` of a result.
fn result_json(result: &NodeResult, node: Json, omit: bool) -> Json {
    let mut json = json!({
        "status": result.status.as_str(),
        "timing": result.timing.iter().map(Timing::to_json).collect::<Vec<_>>(),
        "thread_id": result.thread_id,
        "execution_time": result.execution_time_json(),
        "adapter_response": result.adapter_response,
        "message": result.message,
        "failures": result.failures,
        "node": node,
    });
    match (&result.resource, &result.freshness) {
        (_, Some(freshness)) => {
            json["max_loaded_at"] = Json::from(isoformat(freshness.max_loaded_at));
            json["snapshotted_at"] = Json::from(isoformat(freshness.snapshotted_at));
            json["age"] = Json::from(freshness.age);
        }
        (Resource::Source(_), None) => {}
        _ => {
            json["agate_table"] = Json::Null;
            json["batch_results"] = result.batches.as_ref().map_or(Json::Null, batches_json);
            json["overload_results"] = result.overloads.as_ref().map_or(Json::Null, overloads_json);
        }
    }
    if let (true, Json::Object(map)) = (omit, &mut json) {
        map.retain(|_, value| !value.is_null());
    }
    json
}

/// `to_msg_dict()` of a result.
fn message_json(result: &NodeResult) -> Json {
    json!({
        "status": result.status.as_str(),
        "message": result.message.as_deref().unwrap_or_default(),
        "thread": result.thread_id,
        "execution_time": result.execution_time_json(),
        "num_failures": result.failures.unwrap_or_default(),
        "timing_info": result.timing.iter().map(Timing::to_json).collect::<Vec<_>>(),
        "adapter_response": result.adapter_response,
    })
}

fn timing_object(timing: &Timing) -> Value {
    let json = timing.to_json();
    let own = vec![("started_at", naive(timing.started_at)), ("completed_at", naive(timing.completed_at))];
    let class = Class::new("dbt.artifacts.schemas.results", "TimingInfo");
    DataObject::value(class, own, Box::new(move |_| json.clone()), None)
}

fn node_object(resource: &Resource, dict: impl Fn(bool) -> Json + Send + Sync + 'static) -> Value {
    let mut own = Vec::new();
    if let Some(node) = resource.node() {
        let parents = node.depends_on.nodes.iter().map(|id| Value::from(id.as_str())).collect();
        own = vec![
            ("depends_on_nodes", List::new(parents)),
            ("identifier", Value::from(node.alias.as_str())),
            ("is_ephemeral_model", Value::from(resource.is_ephemeral())),
            ("is_refable", Value::from(node.resource_type.is_refable())),
        ];
    }
    DataObject::value(Class::new("dbt.contracts.graph.nodes", class_name(resource)), own, Box::new(dict), None)
}

fn class_name(resource: &Resource) -> &'static str {
    match resource.resource_type() {
        ResourceType::Model => "ModelNode",
        ResourceType::Seed => "SeedNode",
        ResourceType::Snapshot => "SnapshotNode",
        ResourceType::Analysis => "AnalysisNode",
        ResourceType::Operation => "HookNode",
        ResourceType::Function => "FunctionNode",
        ResourceType::Source => "SourceDefinition",
        ResourceType::Exposure => "Exposure",
        ResourceType::SavedQuery => "SavedQuery",
        ResourceType::UnitTest => "UnitTestDefinition",
        ResourceType::Test if resource.node().is_some_and(|node| matches!(node.kind, NodeKind::GenericTest(_))) => {
            "GenericTestNode"
        }
        _ => "SingularTestNode",
    }
}

/// Makes the dictionary of what ran, with what compiling added by now.
fn node_json(session: &Session, resource: &Resource) -> impl Fn(bool) -> Json + Clone + Send + Sync + 'static {
    let shared = session.shared.clone();
    let resource = resource.clone();
    move |omit| {
        let id = resource.unique_id();
        let manifest = &shared.manifest;
        let mut json = match &resource {
            Resource::Node(node) => {
                let compiled = shared.compiled.get(id);
                return match omit {
                    true => node.to_context_json(compiled.as_deref()),
                    false => node.to_json(compiled.as_deref()),
                };
            }
            Resource::UnitTest(test) => test.to_json(),
            Resource::Source(source) => source.to_json(),
            Resource::Exposure { .. } => manifest.exposures.get(id).map_or(Json::Null, |exposure| exposure.to_json()),
            Resource::SavedQuery { .. } => manifest.saved_queries.get(id).cloned().unwrap_or_default(),
        };
        if let (true, Json::Object(map)) = (omit, &mut json) {
            map.retain(|_, value| !value.is_null());
        }
        json
    }
}

/// A moment in UTC as Python's `datetime` without a zone, to the microsecond.
fn naive(at: Moment<Utc>) -> Value {
    DateTime::new(in_micros(at).naive_utc(), None).value()
}

/// The same with the zone.
fn aware(at: Moment<Utc>) -> Value {
    DateTime::new(in_micros(at).naive_utc(), Some(Zone::Utc)).value()
}

fn in_micros(at: Moment<Utc>) -> Moment<Utc> {
    at.with_nanosecond(at.nanosecond() / 1000 * 1000).unwrap_or(at)
}
