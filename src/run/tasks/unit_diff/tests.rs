//! Differences that dbt itself rendered; `scripts/record_unit_diffs.py` made the list.

use serde_json::Value as Json;

use super::render;
use crate::adapter::{Cell, Decimal, Table};

use crate::adapter::table::{ColumnType, TableColumn};

fn table(columns: &Json, rows: &Json) -> Table {
    let names = columns.as_array().into_iter().flatten().filter_map(Json::as_str);
    let columns: Vec<TableColumn> = names.map(|name| TableColumn::new(name, ColumnType::Text)).collect();
    let all: Vec<usize> = (0..columns.len()).collect();
    let cell = |json: &Json| json.as_str().map_or(Cell::Null, Cell::text);
    let rows = rows.as_array().into_iter().flatten();
    let rows = rows.map(|row| row.as_array().into_iter().flatten().map(cell).collect()).collect();
    Table::new(columns, rows).sorted(&all, false)
}

#[test]
fn recorded_differences() {
    let cases: Json = serde_json::from_str(include_str!("../../../../tests/data/unit_diffs.json")).unwrap_or_default();
    let cases = cases.as_array().cloned().unwrap_or_default();
    assert_eq!(cases.len(), 400);
    for case in cases {
        let rendered =
            render(&table(&case["columns"], &case["expected"]), &table(&case["columns"], &case["actual"]), true);
        assert_eq!(rendered.as_deref(), case["rendered"].as_str(), "{case}");
    }
}

#[test]
fn values_of_new_rows_are_printed_as_dbt_prints_them() {
    let columns = ["id", "paid"].map(|name| TableColumn::new(name, ColumnType::Number)).to_vec();
    let row = [Cell::Int(1), Decimal::parse("1.50").map_or(Cell::Null, Cell::Decimal)];
    let actual = Table::new(columns.clone(), vec![row.into()]);
    let rendered = render(&Table::new(columns, Vec::new()), &actual, false);
    assert_eq!(rendered.as_deref(), Some("@@ ,id,paid\r\n+++,1 ,Decimal('1.50')\r\n"));
}
