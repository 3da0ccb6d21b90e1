//! Relations as templates see them: every attribute and method of dbt's, each method giving a new relation.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::record::Record;
use super::{signatures, values};
use crate::adapter::{Component, Path, Policy, Relation, RelationType};
use crate::context::call::Args;
use crate::context::errors::{raise, raise_compilation};
use crate::error::Error;
use crate::jinja::value::{CLASS_KEY, Class, Dict, List, py_repr, py_str};
use crate::jinja::{
    DynObject, Enumerator, ErrorKind, MjError, Object, ObjectRepr, PyError, State, Value, ValueKind, is_undefined,
};

/// A [`Relation`] as a value.
#[derive(Debug)]
pub struct RelationObject(pub Relation);

const CLASS: Class = Class::new("dbt.adapters.duckdb.relation", "DuckDBRelation");
const POLICY: Class = Class::new("dbt.adapters.contracts.relation", "Policy");
const PATH: Class = Class::new("dbt.adapters.contracts.relation", "Path");

/// dbt's names of relation types as attributes of the class.
const TYPE_NAMES: [(&str, RelationType); 7] = [
    ("Table", RelationType::Table),
    ("View", RelationType::View),
    ("CTE", RelationType::Cte),
    ("MaterializedView", RelationType::MaterializedView),
    ("External", RelationType::External),
    ("PointerTable", RelationType::PointerTable),
    ("Function", RelationType::Function),
];

impl RelationObject {
    /// A relation as a value.
    pub fn value(relation: Relation) -> Value {
        Value::from_object(RelationObject(relation))
    }

    /// The relation that a value is, if it is one.
    pub fn of(value: &Value) -> Option<&Relation> {
        value.downcast_object_ref::<RelationObject>().map(|object| &object.0)
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        let relation = &self.0;
        let is = |kind| Some(Value::from(relation.is(kind)));
        match name {
            CLASS_KEY => Some(CLASS.value()),
            "database" => Some(optional(relation.database())),
            "schema" => Some(optional(relation.schema())),
            "identifier" | "table" | "name" => Some(optional(relation.identifier())),
            "type" => Some(optional(relation.kind.map(RelationType::as_str))),
            "path" => Some(path_value(&relation.path)),
            "include_policy" => Some(policy_value(relation.include_policy)),
            "quote_policy" => Some(policy_value(relation.quote_policy)),
            "quote_character" => Some(Value::from(relation.quote_character.as_str())),
            "dbt_created" => Some(Value::from(relation.dbt_created)),
            "require_alias" => Some(Value::from(relation.require_alias)),
            "external" => Some(optional(relation.external.as_deref())),
            "limit" => Some(relation.limit.map_or_else(|| Value::from(()), Value::from)),
            "event_time_filter" => Some(event_time_value(relation)),
            "catalog" => Some(Value::from(())),
            "__repr__" => Some(Value::from(format!("<{} {}>", self.class(), relation.render()))),
            "information_schema_view" => relation.information_schema.as_ref().map(|view| optional(view.as_deref())),
            "is_table" => is(RelationType::Table),
            "is_view" => is(RelationType::View),
            "is_cte" => is(RelationType::Cte),
            "is_materialized_view" => is(RelationType::MaterializedView),
            "is_pointer" => is(RelationType::PointerTable),
            "is_function" => is(RelationType::Function),
            // DuckDB's adapter registers no types for either, so dbt's generic rename and replace never apply.
            "can_be_renamed" | "can_be_replaced" => Some(Value::from(false)),
            "renameable_relations" | "replaceable_relations" => Some(List::new(Vec::new())),
            _ => class_attribute(name),
        }
    }

    fn method(&self, name: &str, args: &Args) -> Result<Value, MjError> {
        let relation = &self.0;
        if let Some(signature) = signatures::RELATION.find(name) {
            signature.check(args)?;
        }
        match name {
            "items" | "keys" | "values" => Err(raise(self.not_a_dict())),
            "to_dict" => Ok(self.to_dict(args.get(0, "omit_none").is_some_and(|omit| omit.is_true()))),
            "render" => Ok(Value::from(relation.render())),
            "render_limited" => Ok(Value::from(relation.render_limited())),
            "render_event_time_filtered" => {
                let rendered = args.get(0, "rendered").filter(|text| !text.is_none()).map(|text| py_str(&text));
                Ok(Value::from(relation.render_event_time_filtered(rendered)))
            }
            "quoted" => Ok(Value::from(relation.quoted(&args.text("quoted", 0, "identifier")?))),
            "quote" => {
                let quote_policy = changed_policy(relation.quote_policy, args);
                Ok(RelationObject::value(Relation { quote_policy, ..relation.clone() }))
            }
            "include" => {
                let include_policy = changed_policy(relation.include_policy, args);
                Ok(RelationObject::value(Relation { include_policy, ..relation.clone() }))
            }
            "replace_path" => {
                let mut replaced = relation.clone();
                change_path(&mut replaced.path, |name| args.keyword(name))?;
                Ok(RelationObject::value(replaced))
            }
            "incorporate" | "replace" => {
                incorporate(relation.clone(), args, name == "replace").map(RelationObject::value)
            }
            "without_identifier" => Ok(RelationObject::value(relation.without_identifier())),
            "information_schema" => {
                let view = args.get(0, "view_name").and_then(|view| view.as_str().map(str::to_owned));
                Ok(RelationObject::value(relation.information_schema(view.as_deref())))
            }
            "information_schema_only" => Ok(RelationObject::value(relation.information_schema(None))),
            "matches" => matches(relation, args),
            "get" => Ok(self.get(args)),
            "get_function_config" => function_config(&args.require(name, 0, "model")?),
            "get_function_macro_name" => {
                let config = args.require(name, 0, "config")?;
                let (kind, language) = (config.get_attr("type")?, config.get_attr("language")?);
                Ok(Value::from(format!("{}_function_{}", py_str(&kind), py_str(&language))))
            }
            other => class_method(other, args),
        }
    }

    /// The fields as dbt serializes them.
    fn to_dict(&self, omit_none: bool) -> Value {
        let relation = &self.0;
        let plain = |policy| Dict::from_pairs(policy_parts(policy));
        let path = Component::ALL.map(|part| (part.as_str(), optional(relation.path.get(part))));
        let present = |value: &Value| !omit_none || !value.is_none();
        let fields = [
            ("path", Dict::from_pairs(path.into_iter().filter(|(_, value)| present(value)))),
            ("type", optional(relation.kind.map(RelationType::as_str))),
            ("quote_character", Value::from(relation.quote_character.as_str())),
            ("include_policy", plain(relation.include_policy)),
            ("quote_policy", plain(relation.quote_policy)),
            ("dbt_created", Value::from(relation.dbt_created)),
            ("limit", relation.limit.map_or_else(|| Value::from(()), Value::from)),
            ("event_time_filter", event_time_value(relation)),
            ("require_alias", Value::from(relation.require_alias)),
            ("catalog", Value::from(())),
            ("renameable_relations", List::new(Vec::new())),
            ("replaceable_relations", List::new(Vec::new())),
            ("external", optional(relation.external.as_deref())),
        ];
        Dict::from_pairs(fields.into_iter().filter(|(_, value)| present(value)))
    }

    /// dbt's relations are mappings that refuse to be used as such.
    fn not_a_dict(&self) -> Error {
        Error::compilation(format!(
            "The object (\"{}\") was used as a dictionary. This capability has been removed from objects of this type.",
            self.0
        ))
    }

    /// The name of dbt's class.
    fn class(&self) -> &'static str {
        if self.0.information_schema.is_some() { "InformationSchema" } else { "DuckDBRelation" }
    }

    /// `relation.get(key, default)`; packages tell relations by their metadata.
    fn get(&self, args: &Args) -> Value {
        let key = args.get(0, "key").unwrap_or_default();
        if key.as_str() == Some("metadata") {
            return Dict::from_pairs([("type", Value::from(self.class()))]);
        }
        let found = key.as_str().and_then(|name| self.attribute(name));
        found.unwrap_or_else(|| args.get(1, "default").unwrap_or_else(|| Value::from(())))
    }
}

impl Object for RelationObject {
    /// dbt's relations are mappings, and packages check for that.
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let bound = || signatures::bound(&signatures::RELATION, || Value::from_dyn_object(self.clone()), name);
        self.attribute(name).or_else(bound)
    }

    /// A mapping that cannot be looped over, in dbt as here; it also makes comparisons compare relations.
    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, MjError> {
        self.method(method, &Args::new(args)?)
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<RelationObject>()?;
        if self.0 == other.0 {
            return Some(Ordering::Equal);
        }
        Some(self.0.render().cmp(&other.0.render()).then(Ordering::Less))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What a function's node says about how it is made; none for other nodes.
///
/// # Errors
/// A setting that its language needs is missing.
fn function_config(model: &Value) -> Result<Value, MjError> {
    let field = |value: &Value, key: &str| values::field(value, key).unwrap_or_else(|| Value::from(()));
    if field(model, "resource_type").as_str() != Some("function") {
        return Ok(Value::from(()));
    }
    let config = field(model, "config");
    let settings = [
        ("language", field(model, "language"), true),
        ("type", field(&config, "type"), true),
        ("runtime_version", field(&config, "runtime_version"), false),
        ("entry_point", field(&config, "entry_point"), false),
    ];
    let python = settings[0].1.as_str() == Some("python");
    for (name, value, always) in &settings {
        if !value.is_true() && (*always || python) {
            let whose = if *always { "functions" } else { "python functions" };
            let article = if name.starts_with('e') { "An" } else { "A" };
            return Err(raise(Error::runtime(format!("{article} `{name}` is required for {whose}"))));
        }
    }
    Ok(Dict::from_pairs(settings.map(|(name, value, _)| (name, value))))
}

fn optional(text: Option<&str>) -> Value {
    text.map_or_else(|| Value::from(()), Value::from)
}

pub(super) fn path_value(path: &Path) -> Value {
    Record::value(PATH, Component::ALL.map(|part| (part.as_str(), optional(path.get(part)))).into())
}

fn policy_parts(policy: Policy) -> [(&'static str, Value); 3] {
    Component::ALL.map(|part| (part.as_str(), Value::from(policy.get(part))))
}

fn policy_value(policy: Policy) -> Value {
    Record::value(POLICY, policy_parts(policy).into())
}

fn event_time_value(relation: &Relation) -> Value {
    let Some(filter) = &relation.event_time_filter else { return Value::from(()) };
    Dict::from_pairs([
        ("field_name", Value::from(filter.field_name.as_str())),
        ("start", optional(filter.start.as_deref())),
        ("end", optional(filter.end.as_deref())),
    ])
}

/// `relation.quote(identifier=false)`: parts that are not named stay as they are.
fn changed_policy(mut policy: Policy, args: &Args) -> Policy {
    for (index, part) in Component::ALL.into_iter().enumerate() {
        if let Some(value) = args.get(index, part.as_str()).filter(|value| !value.is_none()) {
            policy.set(part, value.is_true());
        }
    }
    policy
}

/// Changes the parts that `given` names.
fn change_path(path: &mut Path, given: impl Fn(&str) -> Option<Value>) -> Result<(), MjError> {
    for part in Component::ALL {
        let Some(value) = given(part.as_str()) else { continue };
        let text = match value.as_str() {
            Some(text) => Some(text.to_owned()),
            None if value.is_none() => None,
            None => {
                if is_undefined(&value) {
                    return Err(raise_compilation(format!("Got an invalid path {}: ", part.as_str())));
                }
                Some(py_str(&value))
            }
        };
        path.set(part, text);
    }
    Ok(())
}

/// `relation.incorporate(path={...}, type=...)`: given fields are merged in; `replace` takes a path as a whole.
fn incorporate(mut relation: Relation, args: &Args, replace: bool) -> Result<Relation, MjError> {
    for (name, value) in &args.keywords {
        match name.as_str() {
            "path" => {
                if replace {
                    relation.path = Path::default();
                }
                change_path(&mut relation.path, |part| values::entry(value, part))?;
            }
            "type" => relation.kind = read_type(value)?,
            "quote_policy" => merge_policy(&mut relation.quote_policy, value),
            "include_policy" => merge_policy(&mut relation.include_policy, value),
            "quote_character" => relation.quote_character = py_str(value),
            "dbt_created" => relation.dbt_created = value.is_true(),
            "require_alias" => relation.require_alias = value.is_true(),
            "limit" => relation.limit = value.as_usize().map(|limit| limit as u64),
            "external" => relation.external = value.as_str().map(str::to_owned),
            _ => {}
        }
    }
    Ok(relation)
}

fn merge_policy(policy: &mut Policy, value: &Value) {
    for part in Component::ALL {
        if let Some(flag) = values::field(value, part.as_str()) {
            policy.set(part, flag.is_true());
        }
    }
}

fn read_type(value: &Value) -> Result<Option<RelationType>, MjError> {
    if value.is_none() || is_undefined(value) {
        return Ok(None);
    }
    let name = py_str(value);
    match RelationType::parse(&name) {
        Some(kind) => Ok(Some(kind)),
        None => Err(PyError::type_error(format!(
            "Field \"type\" of type Optional[RelationType] in DuckDBRelation has invalid value {}",
            py_repr(value)
        ))),
    }
}

fn matches(relation: &Relation, args: &Args) -> Result<Value, MjError> {
    let mut search = Path::default();
    for (index, part) in Component::ALL.into_iter().enumerate() {
        search.set(part, args.get(index, part.as_str()).and_then(|value| value.as_str().map(str::to_owned)));
    }
    relation.matches(&search).map(Value::from).map_err(|message| raise(Error::runtime(message)))
}

/// What `api.Relation` and every relation have in common.
pub(super) fn class_attribute(name: &str) -> Option<Value> {
    if name == "quote_character" {
        return Some(Value::from("\""));
    }
    let kind = TYPE_NAMES.iter().find(|(known, _)| *known == name)?;
    Some(Value::from(kind.1.as_str()))
}

/// Methods of the class: `create` without the project's quoting, and the small ones.
pub(super) fn class_method(name: &str, args: &Args) -> Result<Value, MjError> {
    match name {
        "create" => create(Policy::default(), args).map(RelationObject::value),
        "add_ephemeral_prefix" => {
            Ok(Value::from(Relation::add_ephemeral_prefix(&args.text("add_ephemeral_prefix", 0, "name")?)))
        }
        "get_default_quote_policy" | "get_default_include_policy" => Ok(policy_value(Policy::default())),
        "get_relation_type" => {
            let asked = args.require("get_relation_type", 0, "value")?;
            match RelationType::parse(&py_str(&asked)) {
                Some(kind) => Ok(Value::from(kind.as_str())),
                None => Err(PyError::value_error(format!("{} is not a valid RelationType", py_repr(&asked)))),
            }
        }
        "scd_args" => {
            let key = args.require("scd_args", 0, "primary_key")?;
            let mut items: Vec<Value> = match key.kind() {
                ValueKind::Seq => key.try_iter()?.collect(),
                _ => vec![key],
            };
            items.push(args.require("scd_args", 1, "updated_at")?);
            Ok(List::new(items))
        }
        _ => Err(MjError::from(ErrorKind::UnknownMethod)),
    }
}

/// `Relation.create(database, schema, identifier, type, ...)`; names that nothing is said about are quoted by `quoting`.
pub(super) fn create(quoting: Policy, args: &Args) -> Result<Relation, MjError> {
    let mut relation = Relation { quote_policy: quoting, ..Relation::default() };
    let position = |name: &str| Component::ALL.iter().position(|part| part.as_str() == name);
    change_path(&mut relation.path, |name| args.get(position(name)?, name))?;
    if let Some(kind) = args.positional.get(3) {
        relation.kind = read_type(kind)?;
    }
    incorporate(relation, args, false)
}
