//! JSON and hashes.

use md5::{Digest, Md5};
use minijinja::Error as MjError;
use minijinja::value::Value;

use super::super::error::PyError;
use super::super::value::{Function, dumps, from_json, required, type_name};

pub(super) fn functions() -> Vec<(&'static str, Value)> {
    vec![
        (
            "fromjson",
            Function::new("BaseContext.fromjson", |_, args| {
                let [text, default] = args.bind("BaseContext.fromjson", ["string", "default"])?;
                let text = required(text, "BaseContext.fromjson", "string")?;
                let parsed = parse_json(&text)?;
                Ok(parsed.unwrap_or_else(|| default.unwrap_or_else(|| Value::from(()))))
            }),
        ),
        (
            "tojson",
            Function::new("BaseContext.tojson", |_, args| {
                let [value, _default, sort_keys] =
                    args.bind("BaseContext.tojson", ["value", "default", "sort_keys"])?;
                let value = required(value, "BaseContext.tojson", "value")?;
                dumps(&value, sort_keys.is_some_and(|flag| flag.is_true())).map(Value::from)
            }),
        ),
        (
            "local_md5",
            Function::new("BaseContext.local_md5", |_, args| {
                let [text] = args.bind("BaseContext.local_md5", ["value"])?;
                let text = required(text, "BaseContext.local_md5", "value")?;
                let kind = type_name(&text);
                let text = text
                    .as_str()
                    .ok_or_else(|| PyError::value_error(format!("'{kind}' object has no attribute 'encode'")))?;
                let digest = Md5::digest(text.as_bytes());
                Ok(Value::from(digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
            }),
        ),
    ]
}

/// The document, or nothing when the text is no JSON.
fn parse_json(text: &Value) -> Result<Option<Value>, MjError> {
    let kind = type_name(text);
    let bytes = text.as_str().map(str::as_bytes).or_else(|| text.as_bytes());
    let bytes = bytes
        .ok_or_else(|| PyError::type_error(format!("the JSON object must be str, bytes or bytearray, not {kind}")))?;
    Ok(serde_json::from_slice::<serde_json::Value>(bytes).ok().map(|json| from_json(&json)))
}
