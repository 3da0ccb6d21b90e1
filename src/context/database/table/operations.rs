//! Methods of a table: printing, choosing and renaming columns, choosing and sorting rows.

use std::cmp::Ordering;
use std::path::Path;
use std::sync::Arc;

use super::TableObject;
use super::groups;
use super::parts::RowObject;
use crate::adapter::Table;
use crate::adapter::table::PrintOptions;
use crate::context::call::Args;
use crate::context::database::values::field;
use crate::jinja::value::{iterate, py_cmp, py_str};
use crate::jinja::{ErrorKind, MjError, PyError, State, Value, ValueKind};

/// The methods of tables that templates call.
pub(super) const NAMES: [&str; 13] = [
    "distinct",
    "exclude",
    "find",
    "group_by",
    "limit",
    "order_by",
    "print_csv",
    "print_json",
    "print_structure",
    "print_table",
    "rename",
    "select",
    "where",
];

impl TableObject {
    pub(super) fn method(&self, state: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, MjError> {
        let args = Args::new(args)?;
        let table = &self.table;
        match method {
            "print_table" => self.print(&table.to_grid(&print_options(&args))),
            "print_structure" => {
                let options = PrintOptions { max_rows: None, max_column_width: None, ..PrintOptions::default() };
                self.print(&table.structure().to_grid(&options));
            }
            "print_csv" => self.print(&table.to_csv()),
            "print_json" => self.print(&table.to_json().to_string()),
            "select" => return Ok(self.derived(table.project(&self.positions(&args.require(method, 0, "key")?)?))),
            "exclude" => {
                let gone = self.positions(&args.require(method, 0, "key")?)?;
                let kept: Vec<usize> = (0..table.columns().len()).filter(|at| !gone.contains(at)).collect();
                return Ok(self.derived(table.project(&kept)));
            }
            "rename" => return self.rename(&args),
            "limit" => return Ok(self.derived(limited(table, &args)?)),
            "order_by" if args.get(0, "key").is_some_and(|key| is_function(&key)) => {
                return self.ordered(state, &args.require(method, 0, "key")?, &args);
            }
            "order_by" => {
                let positions = self.positions(&args.require(method, 0, "key")?)?;
                let reverse = args.get(1, "reverse").is_some_and(|flag| flag.is_true());
                return Ok(self.derived(table.sorted(&positions, reverse)));
            }
            "distinct" => {
                let positions = match args.get(0, "key").filter(|key| !key.is_none()) {
                    Some(key) => self.positions(&key)?,
                    None => (0..table.columns().len()).collect(),
                };
                return Ok(self.derived(table.distinct(&positions)));
            }
            "group_by" => {
                let key = args.require(method, 0, "key")?;
                let name = args.get(1, "key_name").filter(|name| !name.is_none()).map(|name| py_str(&name));
                return groups::group(&self.table, state, &key, name, &self.events);
            }
            "join" => return self.join(state, &args),
            "merge" => return self.merge(&args),
            "pivot" => return self.pivot(&args),
            "normalize" => return self.normalize(&args),
            "to_csv" | "to_json" => return self.write_file(method, &args),
            "where" => return self.filter(state, &args.require(method, 0, "test")?),
            "find" => return self.find(state, &args.require(method, 0, "test")?),
            _ => return Err(MjError::from(ErrorKind::UnknownMethod)),
        }
        Ok(Value::from(()))
    }

    /// Positions of the columns that a name, or a list of names, means.
    fn positions(&self, key: &Value) -> Result<Vec<usize>, MjError> {
        let names = if key.as_str().is_some() { vec![key.clone()] } else { iterate(key)? };
        let position = |name: &Value| {
            let name = py_str(name);
            let missing = || PyError::value_error("tuple.index(x): x not in tuple");
            self.table.column_index(&name).ok_or_else(missing)
        };
        names.iter().map(position).collect()
    }

    /// `rename(column_names)`: a dict of old to new names, or all new names in order.
    fn rename(&self, args: &Args) -> Result<Value, MjError> {
        let Some(names) = args.get(0, "column_names").filter(|names| !names.is_none()) else {
            return Ok(self.derived(self.table.renamed(str::to_owned)));
        };
        if names.kind() == ValueKind::Map {
            let rename = |name: &str| field(&names, name).map_or_else(|| name.to_owned(), |new| py_str(&new));
            return Ok(self.derived(self.table.renamed(rename)));
        }
        let new: Vec<String> = iterate(&names)?.iter().map(py_str).collect();
        if new.len() != self.table.columns().len() {
            return Err(PyError::value_error("column_names and column_types must be the same length."));
        }
        let at = |name: &str| self.table.column_index(name).and_then(|at| new.get(at));
        Ok(self.derived(self.table.renamed(|name| at(name).cloned().unwrap_or_else(|| name.to_owned()))))
    }

    /// `order_by(macro)`: rows in the order of what the macro gives for each; nulls last.
    fn ordered(&self, state: &mut State<'_, '_>, key: &Value, args: &Args) -> Result<Value, MjError> {
        let mut keyed = Vec::new();
        for (index, row) in self.table.rows().iter().enumerate() {
            let found = key.call(state, &[RowObject::value(&self.table, index).unwrap_or_default()])?;
            keyed.push((found, row.clone()));
        }
        keyed.sort_by(|(a, _), (b, _)| {
            let order = py_cmp(a, b, "<").unwrap_or(Ordering::Equal);
            a.is_none().cmp(&b.is_none()).then(order)
        });
        if args.get(1, "reverse").is_some_and(|flag| flag.is_true()) {
            keyed.reverse();
        }
        Ok(self.derived(self.table.with_rows(keyed.into_iter().map(|(_, row)| row).collect())))
    }

    /// `to_csv(path)` and `to_json(path)`; folders on the way are made.
    fn write_file(&self, method: &str, args: &Args) -> Result<Value, MjError> {
        let path = py_str(&args.require(method, 0, "path")?);
        let text = if method == "to_csv" { self.table.to_csv() } else { self.table.to_json().to_string() };
        let folder = Path::new(&path).parent().filter(|folder| !folder.as_os_str().is_empty());
        let made = folder.map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, text));
        made.map_err(|error| PyError::value_error(format!("The table cannot be written to `{path}`: {error}.")))?;
        Ok(Value::from(()))
    }

    fn filter(&self, state: &mut State<'_, '_>, test: &Value) -> Result<Value, MjError> {
        let mut kept = Vec::new();
        for (index, row) in self.table.rows().iter().enumerate() {
            if self.passes(state, test, index)? {
                kept.push(row.clone());
            }
        }
        Ok(self.derived(self.table.with_rows(kept)))
    }

    fn find(&self, state: &mut State<'_, '_>, test: &Value) -> Result<Value, MjError> {
        for index in 0..self.table.len() {
            if self.passes(state, test, index)? {
                return Ok(RowObject::value(&self.table, index).unwrap_or_default());
            }
        }
        Ok(Value::from(()))
    }

    fn passes(&self, state: &mut State<'_, '_>, test: &Value, index: usize) -> Result<bool, MjError> {
        let row = RowObject::value(&self.table, index).unwrap_or_default();
        test.call(state, &[row]).map(|passed| passed.is_true())
    }
}

/// Whether a key is a macro that is asked for each row.
pub(super) fn is_function(key: &Value) -> bool {
    key.as_str().is_none() && iterate(key).is_err()
}

/// `limit(stop)`, `limit(start, stop)`, `limit(start, stop, step)`.
fn limited(table: &Arc<Table>, args: &Args) -> Result<Table, MjError> {
    let number = |index, name: &str| args.get(index, name).filter(|value| !value.is_none()).and_then(|v| v.as_usize());
    let first = number(0, "start_or_stop").unwrap_or(table.len());
    let (start, stop) = match number(1, "stop") {
        Some(stop) => (first, stop),
        None => (0, first),
    };
    let step = number(2, "step").unwrap_or(1).max(1);
    let rows = table.rows().iter().take(stop).skip(start).step_by(step).cloned();
    Ok(table.with_rows(rows.collect()))
}

fn print_options(args: &Args) -> PrintOptions {
    let default = PrintOptions::default();
    let read = |index, name: &str, default: Option<usize>| match args.get(index, name) {
        Some(value) if value.is_none() => None,
        Some(value) => value.as_usize().or(default),
        None => default,
    };
    PrintOptions {
        max_rows: read(0, "max_rows", default.max_rows),
        max_columns: read(1, "max_columns", default.max_columns),
        max_column_width: read(3, "max_column_width", default.max_column_width),
        max_precision: read(5, "max_precision", default.max_precision),
    }
}
