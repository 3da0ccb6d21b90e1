//! Sources: one entry describes several tables; an entry of another package may override it. Tables are kept as they
//! are read and become sources, with their tests, once every file is known. Mirrors `SourceParser` and `SourcePatcher`.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json, json};

use super::columns::columns_of;
use super::patch::{list, map, text};
use super::scope::YamlScope;
use super::shape::{Check, Complaint, Type, check, check_columns, rename_tests, require};
use super::{File, Loader};
use crate::context::source_relation;
use crate::error::{Error, Result};
use crate::manifest::{Config, Disabled, Manifest, Quoting, ResourceType, SourceDefinition};
use crate::parse::config::Said;
use crate::parse::cx::Cx;
use crate::parse::duplicates::{Named, add_disabled, duplicate};
use crate::parse::nodes::fqn_prefix;
use crate::parse::tests::{TargetKind, TestSpec, TestTarget, specs};

/// A table of a source, as its entry describes it.
#[derive(Debug, Clone)]
pub struct UnparsedTable {
    unique_id: String,
    package: String,
    path: String,
    fqn: Vec<String>,
    source: JsonMap<String, Json>,
    table: JsonMap<String, Json>,
    written_database: Option<String>,
    written_schema: Option<String>,
}

/// An entry with `overrides:`.
#[derive(Debug, Clone)]
pub struct Override {
    data: JsonMap<String, Json>,
    path: String,
}

impl Loader<'_> {
    /// Reads the tables of the file's sources.
    pub(super) fn load_sources(&mut self, file: &File<'_>) -> Result<()> {
        for entry in file.entries("sources")? {
            let complain = |complaint: Complaint| complaint.into_error(&file.path, "sources", &entry.data, entry.line);
            check_source(&entry.data).map_err(complain)?;
            if let Some(package) = entry.data.get("overrides").and_then(Json::as_str) {
                let key = (package.to_owned(), text(&entry.data, "name"));
                let given = Override { data: entry.data.clone(), path: file.path.clone() };
                if let Some(known) = self.overrides.insert(key.clone(), given) {
                    return Err(overridden_twice(&key, &file.path, &known.path));
                }
                continue;
            }
            for table in list(&entry.data, "tables").iter().filter_map(Json::as_object) {
                self.add_table(file, &entry, table)?;
            }
        }
        Ok(())
    }

    fn add_table(
        &mut self,
        file: &File<'_>,
        entry: &super::entries::Entry,
        table: &JsonMap<String, Json>,
    ) -> Result<()> {
        let (source_name, name) = (text(&entry.data, "name"), text(table, "name"));
        let mut fqn = fqn_prefix(&file.package, file.relative_path());
        fqn.extend([source_name.clone(), name.clone()]);
        let unparsed = UnparsedTable {
            unique_id: format!("source.{}.{source_name}.{name}", file.package),
            package: file.package.clone(),
            path: file.path.clone(),
            fqn,
            source: entry.data.clone(),
            table: table.clone(),
            written_database: entry.written_database.clone(),
            written_schema: entry.written_schema.clone(),
        };
        if let Some(known) = self.tables.iter().find(|known| known.unique_id == unparsed.unique_id) {
            let shown = format!("{source_name}.{name}");
            return Err(duplicate(
                Named::new(ResourceType::Source, &shown, &unparsed.unique_id, &unparsed.path),
                Named::new(ResourceType::Source, &shown, &known.unique_id, &known.path),
            ));
        }
        self.tables.push(unparsed);
        Ok(())
    }
}

fn check_source(data: &JsonMap<String, Json>) -> Check {
    for (name, expected) in [
        ("name", Type::String),
        ("description", Type::String),
        ("meta", Type::Object),
        ("database", Type::OptString),
        ("schema", Type::OptString),
        ("loader", Type::String),
        ("quoting", Type::Object),
        ("freshness", Type::Freshness),
        ("tables", Type::Objects),
        ("tags", Type::Strings),
        ("config", Type::Object),
    ] {
        check(data, "", name, expected)?;
    }
    if data.get("loaded_at_field") == Some(&json!("")) {
        return Err(Complaint::whole("loaded_at_field cannot be an empty string."));
    }
    for (at, table) in list(data, "tables").iter().enumerate() {
        let place = format!("['tables'][{at}]");
        let Some(table) = table.as_object() else { continue };
        require(table, &place, "name")?;
        for (name, expected) in [
            ("name", Type::String),
            ("description", Type::String),
            ("meta", Type::Object),
            ("identifier", Type::OptString),
            ("quoting", Type::Object),
            ("freshness", Type::Freshness),
            ("columns", Type::Objects),
            ("tags", Type::Strings),
            ("config", Type::Object),
            ("tests", Type::Tests),
            ("data_tests", Type::Tests),
        ] {
            check(table, &place, name, expected)?;
        }
        if table.get("loaded_at_field") == Some(&json!("")) {
            return Err(Complaint::whole("loaded_at_field cannot be an empty string."));
        }
        check_columns(table, &place)?;
    }
    Ok(())
}

fn overridden_twice(key: &(String, String), path: &str, known: &str) -> Error {
    let (package, source) = key;
    let name = format!("{package}.{source}");
    let fix = if path == known {
        format!("remove one of the sources entries for {name} in this file:\n - {path}\n")
    } else {
        format!("remove the sources entry for {name} in one of these files:\n - {path}\n{known}")
    };
    Error::compilation(format!(
        "dbt found two schema.yml entries for the same source named {source} in package {package}. Sources may only be \
         overridden a single time. To fix this, {fix}"
    ))
}

/// Makes sources of `tables` and gives the tests that are on them.
///
/// # Errors
/// A table or a test on it is not what dbt expects.
pub fn construct(
    cx: &Cx,
    manifest: &mut Manifest,
    tables: Vec<UnparsedTable>,
    overrides: &HashMap<(String, String), Override>,
) -> Result<Vec<TestSpec>> {
    let mut tests = Vec::new();
    let mut used: HashMap<&(String, String), Vec<String>> = HashMap::new();
    for mut table in tables {
        let key = (table.package.clone(), text(&table.source, "name"));
        if let Some((key, given)) = overrides.get_key_value(&key) {
            let names = used.entry(key).or_default();
            if apply_override(&mut table, given) {
                names.push(text(&table.table, "name"));
            }
        }
        if let Err(complaint) = rename_tests(&mut table.table) {
            return Err(complaint.into_error(&table.path, "sources", &table.table, 0));
        }
        let scope = YamlScope::new(&cx.globals, &table.package);
        let target = Arc::new(target_of(&table));
        tests.extend(specs(cx, &scope, &target, list(&table.table, "columns"), table.table.get("data_tests"))?);
        let source = parse_source(cx, &table)?;
        if source.config.enabled() {
            manifest.sources.insert(source.unique_id.clone(), source);
        } else {
            add_disabled(manifest, Disabled::Source(Box::new(source)));
        }
    }
    warn_unused(cx, overrides, &used)?;
    Ok(tests)
}

/// Puts an override on a table; says whether it names the table.
fn apply_override(table: &mut UnparsedTable, given: &Override) -> bool {
    for (key, value) in &given.data {
        if !matches!(key.as_str(), "name" | "overrides" | "tables" | "path") && !value.is_null() {
            table.source.insert(key.clone(), value.clone());
        }
    }
    let name = text(&table.table, "name");
    let of_table = list(&given.data, "tables").iter().filter_map(Json::as_object).find(|t| text(t, "name") == name);
    for (key, value) in of_table.into_iter().flatten() {
        if key != "name" && !value.is_null() {
            table.table.insert(key.clone(), value.clone());
        }
    }
    of_table.is_some()
}

fn warn_unused(
    cx: &Cx,
    overrides: &HashMap<(String, String), Override>,
    used: &HashMap<&(String, String), Vec<String>>,
) -> Result<()> {
    let mut lines = Vec::new();
    for (key, given) in overrides {
        let (package, source) = key;
        let Some(tables) = used.get(key) else {
            lines.push(format!("  - Source {package}.{source} (in {})", given.path));
            continue;
        };
        let named = list(&given.data, "tables").iter().filter_map(Json::as_object).map(|table| text(table, "name"));
        let unused = named.filter(|name| !tables.contains(name));
        lines.extend(unused.map(|name| format!("  - Source table {package}.{source}.{name} (in {})", given.path)));
    }
    if lines.is_empty() {
        return Ok(());
    }
    lines.sort();
    let text = format!("During parsing, dbt encountered source overrides that had no target:\n{}\n", lines.join("\n"));
    cx.warnings.warn("UnusedTables", "I056", &text)
}

fn target_of(table: &UnparsedTable) -> TestTarget {
    let (source, name) = (text(&table.source, "name"), text(&table.table, "name"));
    let column_quoting = |data: &JsonMap<String, Json>| data.get("quoting")?.get("column")?.as_bool();
    let mut tags = strings(table.source.get("tags"));
    tags.extend(strings(table.table.get("tags")));
    TestTarget {
        kind: TargetKind::Source,
        name: format!("{source}_{name}"),
        file_key_name: format!("sources.{source}"),
        package: table.package.clone(),
        path: table.path.clone(),
        version: None,
        source: Some([source, name]),
        quote_columns: column_quoting(&table.table).or_else(|| column_quoting(&table.source)).unwrap_or(false),
        tags,
        shown: "UnpatchedSourceDefinition",
    }
}

fn strings(value: Option<&Json>) -> Vec<String> {
    match value {
        Some(Json::String(one)) => vec![one.clone()],
        Some(Json::Array(items)) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

fn parse_source(cx: &Cx, table: &UnparsedTable) -> Result<SourceDefinition> {
    let patch = precedence(table)?;
    let empty = JsonMap::new();
    let said = Said {
        resource_type: ResourceType::Source,
        package: &table.package,
        fqn: &table.fqn,
        patch: Some(&patch),
        call: &empty,
    };
    let source_name = text(&table.source, "name");
    let name = text(&table.table, "name");
    let label = |error: Error| error.in_node("source", &format!("{source_name}.{name}"), &table.path);
    let config = cx.trees.resolve(said).map_err(label)?;
    let unrendered_config = cx.trees.resolve_unrendered(said);
    let optional = |data: &JsonMap<String, Json>, key: &str| {
        data.get(key).and_then(Json::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let mut source_meta = map(&table.source, "meta");
    source_meta.extend(
        table.source.get("config").and_then(|config| config.get("meta")?.as_object()).cloned().unwrap_or_default(),
    );
    let mut source = SourceDefinition {
        unique_id: table.unique_id.clone(),
        schema: optional(&table.source, "schema").unwrap_or_else(|| source_name.clone()),
        database: Some(optional(&table.source, "database").unwrap_or_else(|| cx.project().target.database.clone())),
        identifier: optional(&table.table, "identifier").unwrap_or_else(|| name.clone()),
        package_name: table.package.clone(),
        path: table.path.clone(),
        original_file_path: table.path.clone(),
        fqn: table.fqn.clone(),
        source_description: text(&table.source, "description"),
        loader: text(&table.source, "loader"),
        quoting: quoting_of(table),
        loaded_at_field: config.str("loaded_at_field").map(str::to_owned),
        loaded_at_query: config.str("loaded_at_query").map(str::to_owned),
        freshness: config.get("freshness").cloned(),
        external: external(table.table.get("external")),
        description: text(&table.table, "description"),
        columns: columns_of(list(&table.table, "columns"))?,
        meta: map(&config.0, "meta"),
        source_meta,
        tags: config.strings("tags"),
        patch_path: None,
        unrendered_config,
        relation_name: None,
        created_at: cx.created_at,
        unrendered_database: table.written_database.clone(),
        unrendered_schema: table.written_schema.clone(),
        doc_blocks: Vec::new(),
        source_name,
        name,
        config,
    };
    warn_freshness(cx, &source)?;
    source.relation_name = Some(relation_name(cx, &source)?);
    Ok(source)
}

/// DuckDB does not tell when a table was changed last, so freshness needs a field or a query.
fn warn_freshness(cx: &Cx, source: &SourceDefinition) -> Result<()> {
    let Config(config) = &source.config;
    let threshold = |key: &str| {
        let value = config.get("freshness").and_then(|freshness| freshness.get(key));
        let set = |name: &str| value.and_then(|value| value.get(name)).is_some_and(|value| !value.is_null());
        set("count") && set("period")
    };
    let wanted = threshold("warn_after") || threshold("error_after");
    if wanted && source.loaded_at_field.is_none() && source.loaded_at_query.is_none() {
        let message = format!(
            "The configured adapter does not support metadata-based freshness. A loaded_at_field must be specified for \
             source '{}.{}'.",
            source.source_name, source.name
        );
        return cx.warnings.warn("FreshnessConfigProblem", "I073", &message);
    }
    Ok(())
}

fn relation_name(cx: &Cx, source: &SourceDefinition) -> Result<String> {
    let project = cx.project().root.quoting;
    let own = source.quoting;
    let quoting = Quoting {
        database: own.database.or(project.database),
        schema: own.schema.or(project.schema),
        identifier: own.identifier.or(project.identifier),
        column: own.column,
    };
    let quoted = SourceDefinition { quoting, ..source.clone() };
    let relation = source_relation(&quoted).map_err(|error| error.in_node("source", &source.name, &source.path))?;
    Ok(relation.render())
}

fn quoting_of(table: &UnparsedTable) -> Quoting {
    let of = |key: &str| {
        let flag = |data: &JsonMap<String, Json>| data.get("quoting")?.get(key)?.as_bool();
        flag(&table.table).or_else(|| flag(&table.source))
    };
    Quoting { database: of("database"), schema: of("schema"), identifier: of("identifier"), column: of("column") }
}

fn external(given: Option<&Json>) -> Option<Json> {
    let given = given?.as_object()?;
    let mut shaped = JsonMap::new();
    for key in ["location", "file_format", "row_format", "tbl_properties", "partitions"] {
        shaped.insert(key.to_owned(), given.get(key).cloned().unwrap_or(Json::Null));
    }
    for (key, value) in given {
        shaped.insert(key.clone(), value.clone());
    }
    if let Some(Json::Array(partitions)) = shaped.get_mut("partitions") {
        partitions.iter_mut().for_each(describe_partition);
    }
    Some(Json::Object(shaped))
}

/// Gives a partition what dbt's shape of it has; a partition that is no more than a name stays one.
fn describe_partition(partition: &mut Json) {
    let Json::Object(given) = partition else { return };
    let empty = [("name", ""), ("description", ""), ("data_type", "")].map(|(key, text)| (key, Json::from(text)));
    let empty = empty.into_iter().chain([("meta", Json::Object(JsonMap::new()))]);
    let mut shaped: JsonMap<String, Json> = empty.map(|(key, value)| (key.to_owned(), value)).collect();
    shaped.extend(std::mem::take(given));
    *given = shaped;
}

/// What source and table say together, in the order in which dbt writes it.
fn precedence(table: &UnparsedTable) -> Result<JsonMap<String, Json>> {
    let source_config = map(&table.source, "config");
    let table_config = map(&table.table, "config");
    let mut merged = source_config.clone();
    merged.extend(table_config.clone());
    let freshness = super::freshness::merged(&table.source, &source_config, &table.table, &table_config);
    if let Some(freshness) = &freshness {
        let name =
            |data: &JsonMap<String, Json>| data.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
        super::freshness::check_periods(freshness, &format!("{}.{}", name(&table.source), name(&table.table)))?;
    }
    match freshness {
        Some(freshness) if super::freshness::is_set(&freshness) => {
            merged.insert("freshness".to_owned(), freshness);
        }
        Some(_) => {
            merged.shift_remove("freshness");
        }
        None => {
            merged.insert("freshness".to_owned(), Json::Null);
        }
    }
    let (field, query) = loaded_at(table, &source_config, &table_config)?;
    merged.insert("loaded_at_field".to_owned(), field);
    merged.insert("loaded_at_query".to_owned(), query);
    let mut meta = map(&table.source, "meta");
    for more in [map(&source_config, "meta"), map(&table.table, "meta"), map(&table_config, "meta")] {
        meta.extend(more);
    }
    merged.insert("meta".to_owned(), Json::Object(meta));
    let mut tags: Vec<String> = [&table.source, &source_config, &table.table, &table_config]
        .into_iter()
        .flat_map(|data| strings(data.get("tags")))
        .collect();
    tags.sort();
    tags.dedup();
    merged.insert("tags".to_owned(), json!(tags));
    Ok(merged)
}

/// `loaded_at_field` and `loaded_at_query`: the table's before the source's; a table that names a field, even null, has
/// no query of the source.
fn loaded_at(
    table: &UnparsedTable,
    source_config: &JsonMap<String, Json>,
    table_config: &JsonMap<String, Json>,
) -> Result<(Json, Json)> {
    let given = |data: &JsonMap<String, Json>, config: &JsonMap<String, Json>, key: &str| {
        let truthy = |value: &&Json| crate::parse::python::truthy(value);
        data.get(key).filter(truthy).or_else(|| config.get(key).filter(truthy)).cloned()
    };
    let present = table.table.contains_key("loaded_at_field")
        || given(&JsonMap::new(), table_config, "loaded_at_field").is_some();
    let table_query = given(&table.table, table_config, "loaded_at_query");
    let source_field = given(&table.source, source_config, "loaded_at_field");
    let source_query = given(&table.source, source_config, "loaded_at_query");
    if present && table_query.is_some() {
        return Err(Error::parsing("Cannot specify both loaded_at_field and loaded_at_query at table level."));
    }
    if source_field.is_some() && source_query.is_some() {
        return Err(Error::parsing("Cannot specify both loaded_at_field and loaded_at_query at source level."));
    }
    let field = if present { given(&table.table, table_config, "loaded_at_field") } else { source_field };
    let query = match table_query {
        Some(query) => Some(query),
        None if present => None,
        None => source_query,
    };
    Ok((field.unwrap_or(Json::Null), query.unwrap_or(Json::Null)))
}
