//! Which value each key of a DuckDB output takes. dbt checks an output against a JSON schema before it reads it, and so
//! says of a misspelt key inside `attach` or `retries` what it says of a number for a text.

use super::values::repr;
use crate::error::{Error, Result};
use crate::yaml::{Map, Value};

/// What a value may be.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Text,
    Bool,
    Integer,
    Number,
    /// A mapping of whatever.
    Mapping,
    /// A mapping of texts.
    Texts,
    List(&'static Shape),
    Either(&'static Shape, &'static Shape),
    /// A mapping with these keys and no other.
    Record(&'static [Field]),
    /// What the shape says, or null.
    Nullable(&'static Shape),
}

/// A key of a mapping: its name, its shape, and whether it must be there.
type Field = (&'static str, Shape, bool);

const NULLABLE_TEXT: Shape = Shape::Nullable(&Shape::Text);
const NULLABLE_BOOL: Shape = Shape::Nullable(&Shape::Bool);
const NULLABLE_INTEGER: Shape = Shape::Nullable(&Shape::Integer);
const NULLABLE_MAPPING: Shape = Shape::Nullable(&Shape::Mapping);
const NULLABLE_TEXT_LIST: Shape = Shape::Nullable(&TEXT_LIST);
const NULLABLE_MAPPING_LIST: Shape = Shape::Nullable(&Shape::List(&Shape::Mapping));
const TEXT_LIST: Shape = Shape::List(&Shape::Text);

const ATTACHMENT: Shape = Shape::Record(&[
    ("path", Shape::Text, true),
    ("type", NULLABLE_TEXT, false),
    ("alias", NULLABLE_TEXT, false),
    ("secret", NULLABLE_TEXT, false),
    ("read_only", Shape::Bool, false),
    ("options", NULLABLE_MAPPING, false),
    ("is_ducklake", NULLABLE_BOOL, false),
]);

const PLUGIN: Shape = Shape::Record(&[
    ("module", Shape::Text, true),
    ("alias", NULLABLE_TEXT, false),
    ("config", NULLABLE_MAPPING, false),
]);

const REMOTE: Shape = Shape::Record(&[
    ("host", Shape::Text, true),
    ("port", Shape::Integer, true),
    ("user", Shape::Text, true),
    ("password", NULLABLE_TEXT, false),
]);

const RETRIES: Shape = Shape::Record(&[
    ("connect_attempts", Shape::Integer, false),
    ("query_attempts", NULLABLE_INTEGER, false),
    ("retryable_exceptions", TEXT_LIST, false),
]);

const FLIGHTS: Shape = Shape::Record(&[
    ("enabled_by_default", Shape::Bool, false),
    ("access_token_name", NULLABLE_TEXT, false),
    ("max_runtime_sec", NULLABLE_INTEGER, false),
    ("instance_type", NULLABLE_TEXT, false),
    ("timeout_sec", Shape::Integer, false),
    ("poll_interval_sec", Shape::Number, false),
    ("log_lines", Shape::Integer, false),
    ("log_url_template", NULLABLE_TEXT, false),
    ("requirements", NULLABLE_TEXT_LIST, false),
    ("duckdb_version", NULLABLE_TEXT, false),
]);

const EXTENSION: Shape = Shape::Either(&Shape::Text, &Shape::Texts);

/// The keys of an output, in the order in which dbt-duckdb declares them.
pub(super) const KEYS: [(&str, Shape); 20] = [
    ("database", Shape::Text),
    ("schema", Shape::Text),
    ("path", Shape::Text),
    ("config_options", NULLABLE_MAPPING),
    ("extensions", Shape::Nullable(&Shape::List(&EXTENSION))),
    ("settings", NULLABLE_MAPPING),
    ("secrets", NULLABLE_MAPPING_LIST),
    ("external_root", Shape::Text),
    ("use_credential_provider", NULLABLE_TEXT),
    ("attach", Shape::Nullable(&Shape::List(&ATTACHMENT))),
    ("filesystems", NULLABLE_MAPPING_LIST),
    ("remote", Shape::Nullable(&REMOTE)),
    ("plugins", Shape::Nullable(&Shape::List(&PLUGIN))),
    ("disable_transactions", Shape::Bool),
    ("keep_open", Shape::Bool),
    ("module_paths", NULLABLE_TEXT_LIST),
    ("retries", Shape::Nullable(&RETRIES)),
    ("flights", Shape::Nullable(&FLIGHTS)),
    ("is_ducklake", NULLABLE_BOOL),
    ("motherduck_token", NULLABLE_TEXT),
];

impl Shape {
    /// Refuses a value of another shape.
    ///
    /// # Errors
    /// The value does not fit; the text is that of dbt's JSON schema.
    pub(super) fn check(self, value: &Value) -> Result<()> {
        if self.fits(value) {
            return Ok(());
        }
        Err(Error::runtime(match self {
            Shape::Text => format!("{} is not of type 'string'", repr(value)),
            Shape::Bool => format!("{} is not of type 'boolean'", repr(value)),
            _ => format!("{} is not valid under any of the given schemas", repr(value)),
        }))
    }

    fn fits(self, value: &Value) -> bool {
        match (self, value) {
            (Shape::Nullable(shape), value) => matches!(value, Value::Null) || shape.fits(value),
            (Shape::Either(one, other), value) => one.fits(value) || other.fits(value),
            (Shape::List(shape), Value::Seq(items)) => items.iter().all(|item| shape.fits(&item.value)),
            (Shape::Record(fields), Value::Map(map)) => fits_record(fields, map),
            (Shape::Texts, Value::Map(map)) => map.into_iter().all(|(_, value)| Shape::Text.fits(&value.value)),
            (shape, value) => matches!(
                (shape, value),
                (Shape::Text, Value::Str(_))
                    | (Shape::Bool, Value::Bool(_))
                    | (Shape::Integer | Shape::Number, Value::Int(_))
                    | (Shape::Number, Value::Float(_))
                    | (Shape::Mapping, Value::Map(_))
            ),
        }
    }
}

fn fits_record(fields: &[Field], map: &Map) -> bool {
    let known = |key: &str| fields.iter().find(|(name, _, _)| *name == key);
    let required = fields.iter().filter(|(_, _, required)| *required).all(|(name, _, _)| map.get(name).is_some());
    required
        && map
            .into_iter()
            .all(|(key, value)| key.as_str().and_then(known).is_some_and(|(_, shape, _)| shape.fits(&value.value)))
}
