//! What a query reads, taken from the syntax tree that DuckDB itself makes of it (`json_serialize_sql`): tables, files,
//! functions, types. Nothing is guessed from the text: what the tree does not say plainly counts as unknown.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map as JsonMap, Value as Json};

use crate::adapter::Table;
use crate::context::database::NodeConnection;

/// The name of a table as a query writes it; what it leaves out is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WrittenName {
    /// Database.
    pub database: String,
    /// Schema, or a database if that is what the first of two words names.
    pub schema: String,
    /// Table or view, or a file.
    pub name: String,
}

/// What one query reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reads {
    /// Tables and views, without its own CTEs.
    pub tables: BTreeSet<WrittenName>,
    /// Files and patterns of files.
    pub files: BTreeSet<String>,
    /// Functions and operators, in lower case; with `/1` those called with one argument.
    pub functions: BTreeSet<String>,
    /// Types that DuckDB looks up by name.
    pub types: BTreeSet<String>,
    /// Why more may be read than is listed here: phrases that go on from "it".
    pub unknown: BTreeSet<String>,
}

/// Functions that read the files which their first argument names.
const FILE_READERS: [&str; 13] = [
    "parquet_metadata",
    "parquet_scan",
    "parquet_schema",
    "read_blob",
    "read_csv",
    "read_csv_auto",
    "read_json",
    "read_json_auto",
    "read_json_objects",
    "read_ndjson",
    "read_ndjson_auto",
    "read_parquet",
    "read_text",
];
/// Functions in place of a table that give the same for the same arguments.
const PURE_TABLES: [&str; 6] = ["generate_series", "json_each", "json_tree", "range", "repeat", "unnest"];
/// Names that stand for a function although nothing is called.
const VALUES: [&str; 12] = [
    "current_catalog",
    "current_database",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "session_user",
    "user",
];

/// What `sql` reads, as DuckDB parses it on `connection`.
pub fn of_query(connection: &NodeConnection, sql: &str) -> Reads {
    let asked = format!("select json_serialize_sql('{}')", sql.replace('\'', "''"));
    let tree = connection.query_plainly(&asked).ok().as_ref().and_then(first_json);
    let statements = tree.as_ref().and_then(|tree| tree["statements"].as_array());
    match statements.map(Vec::as_slice) {
        Some([statement]) => of_tree(statement),
        _ => Reads::of_unknown("is no single `select`, so that rdbt cannot tell what it reads"),
    }
}

fn first_json(table: &Table) -> Option<Json> {
    (!table.is_empty()).then(|| serde_json::from_str(&table.cell(0, 0).to_string()).ok()).flatten()
}

fn of_tree(statement: &Json) -> Reads {
    let mut reads = Reads::default();
    reads.walk(statement, &[]);
    reads
}

impl Reads {
    fn of_unknown(why: &str) -> Reads {
        Reads { unknown: BTreeSet::from([why.to_owned()]), ..Reads::default() }
    }

    /// Goes through a part of the tree; `ctes` are the names that are in sight there and no tables.
    fn walk(&mut self, part: &Json, ctes: &[String]) {
        match part {
            Json::Array(items) => items.iter().for_each(|item| self.walk(item, ctes)),
            Json::Object(map) => self.object(map, ctes),
            _ => {}
        }
    }

    fn object(&mut self, map: &JsonMap<String, Json>, ctes: &[String]) {
        let mut known = ctes.to_vec();
        for cte in map.get("cte_map").and_then(|ctes| ctes["map"].as_array()).into_iter().flatten() {
            let name = text(cte.get("key")).to_lowercase();
            let recursive = cte["value"]["query"]["node"]["type"] == "RECURSIVE_CTE_NODE";
            let mut inside = known.clone();
            inside.extend(recursive.then(|| name.clone()));
            self.walk(&cte["value"], &inside);
            known.push(name);
        }
        if map.get("sample").is_some_and(|sample| !sample.is_null()) {
            self.unknown("takes a sample");
        }
        match (text(map.get("class")), text(map.get("type"))) {
            (_, "TABLE_FUNCTION") => return self.table_function(&map["function"], &known),
            (_, "BASE_TABLE") => self.table(map, &known),
            (_, "SHOW_REF") => self.unknown("asks DuckDB to describe something"),
            ("FUNCTION" | "WINDOW", _) => self.function(map),
            ("COLUMN_REF", _) => self.column(&map["column_names"]),
            ("PARAMETER", _) => self.unknown("has a parameter"),
            _ => {}
        }
        if text(map.get("type")) == "PIVOT" && !text(map.get("pivot_enum")).is_empty() {
            self.unknown("takes the columns of a pivot from a type");
        }
        if text(map.get("id")) == "UNBOUND" {
            self.types.insert(text(map.get("type_info").and_then(|info| info.get("name"))).to_lowercase());
        }
        for (_, value) in map.iter().filter(|(key, _)| *key != "cte_map") {
            self.walk(value, &known);
        }
    }

    fn unknown(&mut self, why: &str) {
        self.unknown.insert(why.to_owned());
    }

    fn table(&mut self, map: &JsonMap<String, Json>, ctes: &[String]) {
        let [database, schema, name] = ["catalog_name", "schema_name", "table_name"].map(|key| text(map.get(key)));
        if map.get("at_clause").is_some_and(|at| !at.is_null()) {
            self.unknown("reads a table as it was at another time");
        }
        let bare = database.is_empty() && schema.is_empty();
        if !bare || !ctes.contains(&name.to_lowercase()) {
            let [database, schema, name] = [database, schema, name].map(str::to_owned);
            self.tables.insert(WrittenName { database, schema, name });
        }
    }

    fn function(&mut self, map: &JsonMap<String, Json>) {
        let name = text(map.get("function_name")).to_lowercase();
        let single = map.get("children").and_then(Json::as_array).is_some_and(|arguments| arguments.len() == 1);
        if single {
            self.functions.insert(format!("{name}/1"));
        }
        self.functions.insert(name);
    }

    fn table_function(&mut self, function: &Json, ctes: &[String]) {
        let name = text(function.get("function_name")).to_lowercase();
        if FILE_READERS.contains(&name.as_str()) {
            match function["children"].as_array().and_then(|arguments| arguments.first()).and_then(constant_texts) {
                Some(files) => self.files.extend(files),
                None => self.unknown(&format!("calls `{name}` with files that only a run can name")),
            }
        } else if !PURE_TABLES.contains(&name.as_str()) {
            self.unknown(&format!("reads from `{name}()`"));
        }
        // The arguments may be queries.
        self.walk(&function["children"], ctes);
    }

    fn column(&mut self, names: &Json) {
        if let Some([Json::String(name)]) = names.as_array().map(Vec::as_slice)
            && VALUES.contains(&name.to_lowercase().as_str())
        {
            self.unknown(&format!("uses `{}`", name.to_lowercase()));
        }
    }
}

/// A text, or a list of texts, that stands as such in the query.
fn constant_texts(argument: &Json) -> Option<Vec<String>> {
    match text(argument.get("class")) {
        "CONSTANT" => Some(vec![argument["value"]["value"].as_str()?.to_owned()]),
        "FUNCTION" if argument["function_name"] == "list_value" => {
            let items = argument["children"].as_array()?.iter().map(constant_texts);
            items.collect::<Option<Vec<_>>>().map(|items| items.concat())
        }
        _ => None,
    }
}

fn text(value: Option<&Json>) -> &str {
    value.and_then(Json::as_str).unwrap_or_default()
}
