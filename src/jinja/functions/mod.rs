//! Functions that dbt puts in every context and that do not depend on dbt's state.

use minijinja::Value;

/// The functions and modules by their names: `return`, `tojson`, `fromyaml`, `set`, `zip`, `modules`, ...
pub fn globals() -> Vec<(&'static str, Value)> {
    Vec::new()
}
