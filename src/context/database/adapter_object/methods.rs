//! The adapter's methods, from a template's arguments to the operation and back.

use serde_json::{Value as Json, json};

use super::relation_argument;
use crate::adapter::duckdb::no_glue;
use crate::adapter::table::ColumnType;
use crate::adapter::{AdapterResponse, Cell, Component, seed};
use crate::context::call::Args;
use crate::context::config_object::ConfigObject;
use crate::context::database::adapter::{Adapter, locked};
use crate::context::database::index::IndexConfig;
use crate::context::database::operations::{Operations, column_list};
use crate::context::database::relation::{RelationObject, path_value};
use crate::context::database::response::ResponseObject;
use crate::context::database::snapshots::hard_deletes_behavior;
use crate::context::database::table::{TableObject, datetimes_as_text, table_of};
use crate::context::database::values::{entry, field, value_cell};
use crate::context::database::{constraints, external};
use crate::context::errors::{raise, raise_compilation};
use crate::error::Error;
use crate::jinja::value::{Dict, List, iterate, py_str, to_json, tuple, type_name};
use crate::jinja::{ErrorKind, MjError, PyError, State, Value, is_undefined};

/// Schema of temporary tables on MotherDuck.
const TEMPORARY_SCHEMA: &str = "dbt_temp";

fn none() -> Value {
    Value::from(())
}

/// A text argument; none counts as absent.
fn optional_text(args: &Args, index: usize, name: &str) -> Option<String> {
    args.get(index, name).filter(|value| !value.is_none() && !is_undefined(value)).map(|value| py_str(&value))
}

fn flag(args: &Args, index: usize, name: &str, default: bool) -> bool {
    args.get(index, name).map_or(default, |value| value.is_true())
}

/// Methods that work in every phase; nothing for all others.
pub(super) fn stateless(adapter: &Adapter, method: &str, args: &Args) -> Option<Result<Value, MjError>> {
    let done = match method {
        "quote" => args.require(method, 0, "identifier").map(|name| Value::from(quote(&py_str(&name)))),
        "quote_as_configured" => quote_as_configured(adapter, args),
        "quote_seed_column" => quote_seed_column(args),
        "escape_sql_string" => {
            args.require(method, 0, "value").map(|value| Value::from(py_str(&value).replace('\'', "''")))
        }
        "convert_type" => convert_type(args),
        "convert_datetimes_to_strs" => convert_datetimes(adapter, args),
        "parse_index" => args
            .require(method, 0, "raw_index")
            .and_then(|raw| IndexConfig::parse(&raw, |message| adapter.warn_once(message))),
        "render_raw_columns_constraints" => {
            args.require(method, 0, "raw_columns").and_then(|raw| constraints::columns(&raw)).map(List::new)
        }
        "render_raw_model_constraints" => {
            args.require(method, 0, "raw_constraints").and_then(|raw| constraints::model(&raw)).map(List::new)
        }
        "external_write_options" => write_options(args),
        "external_read_location" => read_location(args),
        "standardize_grants_dict" => args.require(method, 0, "grants_table").and_then(|table| grants(&table)),
        "get_seed_file_path" => args.require(method, 0, "model").and_then(|model| seed_file_path(&model)),
        "is_ducklake" => Ok(Value::from(is_ducklake(adapter, args))),
        "warn_once" => args.text(method, 0, "msg").and_then(|m| adapter.warn_once(&m).map_err(raise)).map(|()| none()),
        "get_temp_relation_path" => temporary_path(adapter, args),
        "batch_id_for_model" => args.require(method, 0, "model").map(|model| Value::from(batch_id(&model))),
        "cache_added" | "cache_dropped" | "cache_renamed" => cache(adapter, method, args),
        "get_catalog_integration" => Err(raise_compilation(format!(
            "Catalog not found: {}. rdbt runs on DuckDB, whose adapter has no catalog integrations.",
            optional_text(args, 0, "name").unwrap_or_default()
        ))),
        _ => return None,
    };
    Some(done)
}

/// Gives a model's rows to a plugin. The configuration goes as the values that its `get` would give.
fn store_relation(operations: &Operations, args: &Args) -> Result<(), MjError> {
    let method = "store_relation";
    let plugin = args.text(method, 0, "plugin_name")?;
    if plugin.starts_with("glue|") {
        return Err(raise(no_glue()));
    }
    let relation = relation_argument(method, args, 1, "relation")?;
    let columns = iterate(&args.require(method, 2, "column_list")?)?;
    let columns = columns.iter().map(|column| {
        let text = |key: &str| field(column, key).map(|value| py_str(&value)).unwrap_or_default();
        json!([text("name"), text("dtype")])
    });
    let target = json!({
        "relation": {
            "database": relation.database(),
            "schema": relation.schema(),
            "identifier": relation.identifier(),
            "rendered": relation.render(),
        },
        "columns": columns.collect::<Json>(),
        "config": configuration(&args.require(method, 5, "config")?),
        "location": {"path": args.text(method, 3, "path")?, "format": args.text(method, 4, "format")?},
    });
    operations.adapter().store_relation(operations.connection(), &plugin, target).map_err(raise)
}

fn configuration(config: &Value) -> Json {
    let of_node = config.downcast_object_ref::<ConfigObject>().and_then(ConfigObject::config);
    of_node.cloned().map_or_else(|| to_json(config).unwrap_or_default(), Json::Object)
}

/// Methods that need the database.
pub(super) fn call(
    operations: &Operations,
    state: &mut State<'_, '_>,
    method: &str,
    args: &Args,
) -> Result<Value, MjError> {
    if let Some(done) = relations(operations, method, args) {
        return done;
    }
    let connection = operations.connection();
    match method {
        "execute" => execute(operations, args),
        "add_query" => add_query(operations, args),
        "store_relation" => store_relation(operations, args).map(|()| none()),
        "commit" => connection.commit().map(|()| none()).map_err(raise),
        "ensure_transaction" => ensure_transaction(operations).map(|()| none()).map_err(raise),
        "location_exists" => Ok(Value::from(operations.location_exists(&args.text(method, 0, "location")?))),
        "get_column_schema_from_query" => {
            operations.get_column_schema_from_query(&args.text(method, 0, "sql")?).map(column_list).map_err(raise)
        }
        "check_schema_exists" => {
            let schema = args.text(method, 1, "schema")?;
            let database = optional_text(args, 0, "database");
            operations.check_schema_exists(database.as_deref(), &schema).map(Value::from).map_err(raise)
        }
        "catalog_supports_foreign_keys" => operations
            .adapter()
            .catalog_supports_foreign_keys(connection, &args.text(method, 0, "database")?)
            .map(Value::from)
            .map_err(raise),
        "existing_key_constraint_types" => existing_constraints(operations, args),
        "get_incremental_strategy_macro" => strategy_macro(args),
        "get_hard_deletes_behavior" => hard_deletes(state, &args.require(method, 0, "config")?),
        "validate_sql" => {
            let sql = args.require(method, 0, "sql")?;
            operations.call("validate_sql", vec![("sql", sql)]).map_err(raise)?.get_attr("response")
        }
        _ => Err(MjError::from(ErrorKind::UnknownMethod)),
    }
}

/// Methods about relations; nothing for all others.
fn relations(operations: &Operations, method: &str, args: &Args) -> Option<Result<Value, MjError>> {
    let relation = |index: usize, name: &str| relation_argument(method, args, index, name);
    let nothing = |done: crate::error::Result<()>| done.map(|()| none()).map_err(raise);
    let done = match method {
        "get_relation" => get_relation(operations, args),
        "already_exists" => already_exists(operations, args),
        "get_columns_in_relation" => relation(0, "relation")
            .and_then(|relation| operations.get_columns_in_relation(&relation).map_err(raise))
            .map(column_list),
        "get_columns_in_table" => columns_in_table(operations, args),
        "get_missing_columns" => relation(0, "from_relation").and_then(|from| {
            let to = relation(1, "to_relation")?;
            operations.get_missing_columns(&from, &to).map(column_list).map_err(raise)
        }),
        "drop_relation" => drop_relation(operations, args),
        "truncate_relation" => relation(0, "relation").and_then(|it| nothing(operations.truncate_relation(&it))),
        "rename_relation" => relation(0, "from_relation").and_then(|from| {
            let to = relation(1, "to_relation")?;
            nothing(operations.rename_relation(&from, &to))
        }),
        "create_schema" => relation(0, "relation").and_then(|it| nothing(operations.create_schema(&it))),
        "drop_schema" => relation(0, "relation").and_then(|it| nothing(operations.drop_schema(&it))),
        // DuckDB's texts have no length, so there is never a type to widen.
        "expand_target_column_types" => {
            relation(0, "from_relation").and_then(|_| relation(1, "to_relation")).map(|_| none())
        }
        "valid_snapshot_target" | "assert_valid_snapshot_target_given_strategy" => {
            valid_snapshot_target(operations, method, args)
        }
        _ => return None,
    };
    Some(done)
}

fn quote(identifier: &str) -> String {
    format!("\"{identifier}\"")
}

fn quote_as_configured(adapter: &Adapter, args: &Args) -> Result<Value, MjError> {
    let identifier = py_str(&args.require("quote_as_configured", 0, "identifier")?);
    let key = args.text("quote_as_configured", 1, "quote_key")?;
    let quoted = Component::parse(&key).is_some_and(|part| adapter.quoting().get(part));
    Ok(Value::from(if quoted { quote(&identifier) } else { identifier }))
}

fn quote_seed_column(args: &Args) -> Result<Value, MjError> {
    let column = py_str(&args.require("quote_seed_column", 0, "column")?);
    let setting = args.get(1, "quote_config").unwrap_or_default();
    let quoted = match setting.kind() {
        crate::jinja::ValueKind::Bool => setting.is_true(),
        _ if setting.is_none() => true,
        _ => {
            return Err(raise_compilation(format!(
                "The seed configuration value of \"quote_columns\" has an invalid type <class '{}'>",
                type_name(&setting)
            )));
        }
    };
    Ok(Value::from(if quoted { quote(&column) } else { column }))
}

fn convert_type(args: &Args) -> Result<Value, MjError> {
    let value = args.require("convert_type", 0, "agate_table")?;
    let index = args.get(1, "col_idx").and_then(|index| index.as_usize()).unwrap_or_default();
    let Some(table) = table_of(&value) else {
        return Err(raise_compilation("adapter.convert_type() takes a table and the position of one of its columns."));
    };
    let Some(column) = table.columns().get(index) else {
        return Err(PyError::value_error("tuple index out of range"));
    };
    match column.kind {
        ColumnType::Number if table.has_fractions(index) => Ok(Value::from("float8")),
        _ => Ok(Value::from(seed::database_type(column))),
    }
}

fn convert_datetimes(adapter: &Adapter, args: &Args) -> Result<Value, MjError> {
    let value = args.require("convert_datetimes_to_strs", 0, "table")?;
    match table_of(&value) {
        Some(table) if table.columns().iter().any(|column| column.kind == ColumnType::DateTime) => {
            Ok(TableObject::value(datetimes_as_text(table), adapter.events()))
        }
        _ => Ok(value),
    }
}

fn write_options(args: &Args) -> Result<Value, MjError> {
    let location = args.text("external_write_options", 0, "write_location")?;
    let options = args.require("external_write_options", 1, "rendered_options")?;
    external::write_options(&location, &options).map(Value::from)
}

fn read_location(args: &Args) -> Result<Value, MjError> {
    let location = args.text("external_read_location", 0, "write_location")?;
    let options = args.require("external_read_location", 1, "rendered_options")?;
    Ok(Value::from(external::read_location(&location, &options)))
}

/// The result of `show grants` as privilege to grantees.
fn grants(table: &Value) -> Result<Value, MjError> {
    let grants = Dict::default();
    for row in iterate(table)? {
        let grantee = row.get_item(&Value::from("grantee"))?;
        let privilege = row.get_item(&Value::from("privilege_type"))?;
        match grants.get_item(&privilege) {
            Some(list) => {
                if let Some(list) = list.downcast_object_ref::<List>() {
                    list.push(grantee);
                }
            }
            None => grants.set_item(privilege, List::new(vec![grantee]))?,
        }
    }
    Ok(Value::from_object(grants))
}

fn seed_file_path(model: &Value) -> Result<Value, MjError> {
    let part = |key: &str| field(model, key).map(|value| py_str(&value)).unwrap_or_default();
    let path = std::path::Path::new(&part("root_path")).join(part("original_file_path"));
    Ok(Value::from(path.to_string_lossy().into_owned()))
}

fn is_ducklake(adapter: &Adapter, args: &Args) -> bool {
    let relation = args.get(0, "relation");
    let database = relation.as_ref().and_then(RelationObject::of).and_then(|relation| relation.database());
    database.is_some_and(|database| adapter.credentials().ducklake_databases.contains(database))
}

/// A name for a temporary table that is the same for all statements of a run.
fn temporary_path(adapter: &Adapter, args: &Args) -> Result<Value, MjError> {
    let model = args.require("get_temp_relation_path", 0, "model")?;
    let batch = optional_text(args, 1, "batch_id").filter(|batch| !batch.is_empty());
    let identifier = field(&model, "identifier").map(|name| py_str(&name)).unwrap_or_default();
    let suffix = locked(&adapter.temporary_names)
        .entry(identifier.clone())
        .or_insert_with(|| uuid::Uuid::new_v4().simple().to_string()[20..].to_owned())
        .clone();
    let batch = batch.map_or(String::new(), |batch| format!("__{batch}"));
    let database = field(&model, "database").map(|name| py_str(&name));
    Ok(path_value(&crate::adapter::Path {
        database,
        schema: Some(TEMPORARY_SCHEMA.to_owned()),
        identifier: Some(format!("{identifier}__{suffix}{batch}")),
    }))
}

/// The start of a microbatch as part of a name; empty for any other model.
fn batch_id(model: &Value) -> String {
    let start = field(model, "batch").and_then(|batch| field(&batch, "event_time_start"));
    match start {
        Some(start) if start.is_true() => py_str(&start).replace(['-', ':', '+'], "").replace(' ', "_"),
        _ => String::new(),
    }
}

fn cache(adapter: &Adapter, method: &str, args: &Args) -> Result<Value, MjError> {
    match method {
        "cache_added" => adapter.cache().add(relation_argument(method, args, 0, "relation")?),
        "cache_dropped" => {
            adapter.cache().drop_relation(&relation_argument(method, args, 0, "relation")?);
        }
        _ => {
            let from = relation_argument(method, args, 0, "from_relation")?;
            let to = relation_argument(method, args, 1, "to_relation")?;
            adapter.cache().rename(&from, &to).map_err(|message| raise(Error::internal(message)))?;
        }
    }
    Ok(Value::from(""))
}

fn execute(operations: &Operations, args: &Args) -> Result<Value, MjError> {
    let sql = args.text("execute", 0, "sql")?;
    let limit = args.get(3, "limit").and_then(|limit| limit.as_usize()).filter(|limit| *limit > 0);
    let (auto_begin, fetch) = (flag(args, 1, "auto_begin", false), flag(args, 2, "fetch", false));
    let (response, table) = operations.connection().execute(&sql, auto_begin, fetch, limit).map_err(raise)?;
    let table = TableObject::value(table, operations.adapter().events());
    Ok(tuple(vec![ResponseObject::value(response), table]))
}

/// The connection and cursor that dbt returns have no counterpart here; macros do not use them.
fn add_query(operations: &Operations, args: &Args) -> Result<Value, MjError> {
    let sql = args.text("add_query", 0, "sql")?;
    let bindings = match args.get(2, "bindings").filter(|bindings| !bindings.is_none()) {
        Some(bindings) => iterate(&bindings)?.iter().map(value_cell).collect::<Result<Vec<Cell>, _>>()?,
        None => Vec::new(),
    };
    let (auto_begin, abridge) = (flag(args, 1, "auto_begin", true), flag(args, 3, "abridge_sql_log", false));
    let response: AdapterResponse =
        operations.connection().add_query(&sql, auto_begin, &bindings, abridge).map_err(raise)?;
    Ok(tuple(vec![none(), ResponseObject::value(response)]))
}

fn ensure_transaction(operations: &Operations) -> crate::error::Result<()> {
    if operations.connection().transaction_open() {
        return Ok(());
    }
    if operations.adapter().credentials().disable_transactions {
        operations.adapter().warn_once(
            "disable_transactions is set, but dbt-duckdb uses a transaction to rebuild tables with foreign key \
             constraints in place, so a failed build does not lose the existing table's data.",
        )?;
    }
    operations.connection().begin()
}

fn existing_constraints(operations: &Operations, args: &Args) -> Result<Value, MjError> {
    let relation = relation_argument("existing_key_constraint_types", args, 0, "relation")?;
    let (Some(database), Some(schema), Some(name)) = (relation.database(), relation.schema(), relation.identifier())
    else {
        return Err(raise(Error::runtime(format!(
            "Foreign key metadata requires a relation with a database, schema, and identifier; got {relation}"
        ))));
    };
    let connection = operations.connection();
    let types =
        operations.adapter().existing_key_constraint_types(connection, database, schema, name).map_err(raise)?;
    Ok(List::new(types.into_iter().map(Value::from).collect()))
}

fn get_relation(operations: &Operations, args: &Args) -> Result<Value, MjError> {
    let database = optional_text(args, 0, "database");
    let schema = py_str(&args.require("get_relation", 1, "schema")?);
    let identifier = py_str(&args.require("get_relation", 2, "identifier")?);
    let found = operations.get_relation(database.as_deref(), &schema, &identifier).map_err(raise)?;
    Ok(found.map_or_else(none, RelationObject::value))
}

fn already_exists(operations: &Operations, args: &Args) -> Result<Value, MjError> {
    let schema = args.text("already_exists", 0, "schema")?;
    let name = args.text("already_exists", 1, "name")?;
    let database = operations.adapter().credentials().database.clone();
    let found = operations.get_relation(Some(&database), &schema, &name).map_err(raise)?;
    Ok(Value::from(found.is_some()))
}

fn columns_in_table(operations: &Operations, args: &Args) -> Result<Value, MjError> {
    let schema = args.text("get_columns_in_table", 0, "schema")?;
    let identifier = args.text("get_columns_in_table", 1, "identifier")?;
    let database = operations.adapter().credentials().database.clone();
    let relation = crate::adapter::Relation::new(Some(&database), Some(&schema), Some(&identifier))
        .with_quote_policy(operations.adapter().quoting());
    operations.get_columns_in_relation(&relation).map(column_list).map_err(raise)
}

fn drop_relation(operations: &Operations, args: &Args) -> Result<Value, MjError> {
    let relation = args.require("drop_relation", 0, "relation")?;
    if relation.is_none() {
        let name = operations.connection().name();
        return Err(raise_compilation(format!("Attempted to drop a null relation for {name}")));
    }
    let relation = relation_argument("drop_relation", args, 0, "relation")?;
    operations.drop_relation(&relation).map(|()| none()).map_err(raise)
}

fn valid_snapshot_target(operations: &Operations, method: &str, args: &Args) -> Result<Value, MjError> {
    let relation = relation_argument(method, args, 0, "relation")?;
    let given = args.get(1, "column_names").filter(|names| names.is_true());
    let names = |column: &str| match &given {
        Some(names) => field(names, column).map(|name| py_str(&name)).unwrap_or_default(),
        None => column.to_owned(),
    };
    let checked = if method == "valid_snapshot_target" {
        operations.valid_snapshot_target(&relation, &names)
    } else {
        let strategy = args.get(2, "strategy").and_then(|strategy| field(&strategy, "hard_deletes"));
        let hard_deletes = strategy.as_ref().and_then(|value| value.as_str());
        operations.valid_snapshot_target_given_strategy(&relation, &names, hard_deletes)
    };
    checked.map(|()| none()).map_err(raise)
}

/// The macro that makes a strategy's SQL, out of the node's own context.
fn strategy_macro(args: &Args) -> Result<Value, MjError> {
    let context = args.require("get_incremental_strategy_macro", 0, "model_context")?;
    let strategy = optional_text(args, 1, "strategy").unwrap_or_else(|| "default".to_owned());
    if strategy == "insert_overwrite" {
        return Err(raise(Error::runtime(format!(
            "The incremental strategy '{strategy}' is not valid for this adapter"
        ))));
    }
    let name = format!("get_incremental_{}_sql", strategy.replace('+', "_"));
    match entry(&context, &name) {
        Some(found) => Ok(found),
        None => {
            let project = field(&context, "project_name").map(|name| py_str(&name)).unwrap_or_default();
            Err(raise(Error::runtime(format!(
                "dbt could not find an incremental strategy macro with the name \"{name}\" in {project}"
            ))))
        }
    }
}

/// `config` is the node's configuration or a dict; both are asked through their `get`.
fn hard_deletes(state: &mut State<'_, '_>, config: &Value) -> Result<Value, MjError> {
    let mut get = |key: &str| -> Result<Option<Value>, MjError> {
        let value = config.call_method(state, "get", &[Value::from(key), none()])?;
        Ok((!is_undefined(&value) && !value.is_none()).then_some(value))
    };
    let invalidate = get("invalidate_hard_deletes")?.map(|flag| flag.is_true());
    let hard_deletes = get("hard_deletes")?.map(|text| py_str(&text));
    hard_deletes_behavior(invalidate, hard_deletes.as_deref()).map(Value::from).map_err(raise)
}
