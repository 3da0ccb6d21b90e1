//! Functions that dbt puts in every context and that do not depend on dbt's state, and Jinja2's own globals.

mod collections;
mod data;
mod generators;
mod itertools;
mod pytz;
mod regex;

use minijinja::Value;

pub use itertools::BeforeCall;

use super::error::ReturnSignal;
use super::value::{ClassObject, Dict, Function, Range, dates, required};

/// The functions and modules by their names: `return`, `tojson`, `set`, `zip`, `modules`, `range`, `namespace`, ...
///
/// `fromyaml` and `toyaml` join them when the engine is given a YAML reader and writer.
pub fn globals() -> Vec<(&'static str, Value)> {
    let mut all = vec![
        (
            "return",
            Function::new("BaseContext._return", |_, args| {
                let [value] = args.bind("BaseContext._return", ["data"])?;
                Err(ReturnSignal::raise(required(value, "BaseContext._return", "data")?))
            }),
        ),
        ("range", Function::new("safe_range", |_, args| Range::of(&args.pos))),
        ("namespace", Function::new("namespace", |_, args| collections::namespace(args))),
        ("dict", Value::from_object(collections::DictClass)),
        ("modules", modules(None)),
    ];
    all.extend(collections::functions());
    all.extend(data::functions());
    all.extend(generators::functions());
    all
}

fn module(members: Vec<(&'static str, Value)>) -> Value {
    Dict::from_pairs(members)
}

/// dbt's `modules`: the parts of Python's library that templates may use. `before_itertools` runs before each call of
/// what is in `itertools`.
pub fn modules(before_itertools: Option<&BeforeCall>) -> Value {
    module(vec![
        ("pytz", pytz::module()),
        (
            "datetime",
            module(vec![
                ("date", dates::date_class()),
                ("datetime", dates::datetime_class()),
                ("time", dates::time_class()),
                ("timedelta", dates::timedelta_class()),
                ("tzinfo", ClassObject::value("datetime.tzinfo")),
            ]),
        ),
        ("re", regex::module()),
        ("itertools", itertools::module(before_itertools)),
    ])
}
